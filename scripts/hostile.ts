/**
 * npm run hostile -- [--json out.json] [--only REGEXP] [--small] [--write]
 * A hostile compiler between the engine and a real WebGPU (Dawn in Node): each kind of rewrite that WGSL's text permits is
 * applied to every shader, and the bits are held against the law. Exit code 1 where a profile breaks its promise, where an
 * engine without fences survives, where no self-test of a device notices a compiler that breaks a profile, or where the
 * tables of docs/NUMERICS.md and docs/DECISIONS.md say something else; `--write` writes them. `--small`: fewer Programs,
 * without e10, as `npm test` runs it. With `--small` or `--only` the tables are left alone.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { arithmeticProgram } from '#engine/kernels/arithmeticProgram.ts';
import type { Variant } from '#engine/kernels/macFormat.ts';
import { selfTest } from '#engine/kernels/selfTest.ts';
import { createWebgpuExecutor, type GpuExecutor, type Schedule } from '#engine/kernels/webgpuExecutor.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import type { Executor } from '#engine/program/executor.ts';
import { benchmarkProgram } from '#web/worker/benchmarkProgram.ts';
import { compareOutcomes, type Outcome, runCase } from '../e2e/conformance/compareCase.ts';
import { type Attack, ATTACKS, type Target, TARGETS } from '../e2e/conformance/hostile/attacks.ts';
import { type HostileCase, hostileCases } from '../e2e/conformance/hostile/hostileCases.ts';
import { passagesOf, type Row, withPassage } from '../e2e/conformance/hostile/hostileTable.ts';
import { hostileGpu, openDawn } from '../e2e/conformance/hostile/openDawn.ts';
import type { Rewrite } from '../e2e/conformance/hostile/replaceText.ts';
import { CHANGES_ORDER } from '../e2e/conformance/hostile/rewriteWgsl.ts';
import { readOptions } from './readOptions.ts';
import { requireWritable } from './requireWritable.ts';

interface LawfulCase {
  readonly given: HostileCase;
  readonly law: Outcome;
}

const USAGE = 'npm run hostile -- [--json out.json] [--only REGEXP] [--small] [--write]';
const say = (text: string) => void process.stdout.write(`${text}\n`);
const variantOf = (target: Target): Variant => (target === 'f12 guarded' ? 'guarded' : 'fast');
const scheduled = (executor: GpuExecutor, schedule: Schedule): Executor => ({ ...executor, prepare: (program) => executor.prepare(program, schedule) });

async function withDevice<T>(gpu: GPU, rewrite: Rewrite, use: (executor: GpuExecutor) => Promise<T>): Promise<T> {
  const adapter = await hostileGpu(gpu, rewrite).requestAdapter();
  const device = await (adapter as GPUAdapter).requestDevice();
  try {
    return await use(createWebgpuExecutor({ device, deviceName: 'SwiftShader, hostile' }));
  } finally {
    device.destroy();
  }
}

type Notices = (attack: Attack, variant: Variant) => Promise<boolean>;

async function attack(gpu: GPU, one: Attack, target: Target, cases: readonly LawfulCase[], notices: Notices): Promise<Row> {
  const { name, rewrite, survivors } = one;
  let shaders = 0;
  let sites = 0;
  const counted = (code: string) => {
    const changed = rewrite(code);
    shaders++;
    sites += changed.sites;
    return changed;
  };
  let mismatches = 0;
  let words = 0;
  await withDevice(gpu, counted, async (executor) => {
    for (const { given, law } of cases) {
      const schedule = { variant: variantOf(target), ...(given.tuning ? { tuning: given.tuning } : {}) };
      mismatches += compareOutcomes(given.program, law, await runCase(scheduled(executor, schedule), given)).mismatches;
      words += [...law.outputs.flat(), ...law.state].reduce((sum, bits) => sum + bits.length, 0);
    }
  });
  const promised = survivors.includes(target) ? 'survives' : 'breaks';
  const noticed = promised === 'breaks' ? await notices(one, variantOf(target)) : null;
  return { attack: name, target, shaders, sites, words, mismatches, promised, noticed, kept: (mismatches === 0) === (promised === 'survives') && noticed !== false };
}

/** Whether a tab's tests of a device (web/worker/openGpu.ts) fail there, which does not depend on the profile: each once for all. */
function noticesOn(gpu: GPU): Notices {
  const known = new Map<string, Promise<boolean>>();
  const passes = (test: string, rewrite: Rewrite, { program, inputs }: ReturnType<typeof arithmeticProgram>, variant: Variant) => {
    const answer = known.get(test) ?? withDevice(gpu, rewrite, async (executor) => (await selfTest(scheduled(executor, { variant }), program, test, [inputs], [])).passed);
    known.set(test, answer);
    return answer;
  };
  return async ({ name, rewrite }, variant) =>
    !(await passes(`products, ${variant}: ${name}`, rewrite, benchmarkProgram(), variant)) || !(await passes(`lines: ${name}`, rewrite, arithmeticProgram(), 'fast'));
}

const lawful = (target: Target, few: boolean): Promise<LawfulCase[]> =>
  Promise.all(hostileCases(target === 'f12 guarded' ? 'f12' : target, few).map(async (given) => ({ given, law: await runCase(referenceExecutor, given) })));

function sayRow({ attack: name, target, shaders, sites, words, mismatches, promised, noticed, kept }: Row): void {
  const cells = [name.padEnd(55), target.padEnd(11), `${shaders}`.padStart(7), `${sites}`.padStart(6), `${words}`.padStart(9), `${mismatches}`.padStart(6), promised.padEnd(8)];
  say(`${cells.join('  ')}  ${noticed === null ? '' : noticed ? 'noticed' : 'unnoticed'}${kept ? '' : '  BROKEN PROMISE'}`);
}

/** Whether the documents say what was found, or do now. */
function checkDocuments(rows: readonly Row[], write: boolean): boolean {
  return passagesOf(rows, CHANGES_ORDER).every((passage) => {
    const url = new URL(`../${passage.file}`, import.meta.url);
    const document = readFileSync(url, 'utf8');
    const right = withPassage(document, passage);
    if (right === document) return true;
    if (write) writeFileSync(url, right);
    else say(`${passage.file} says something else than\n${passage.text}\nnpm run hostile -- --write writes it`);
    return write;
  });
}

function options() {
  const { values } = parseArgs({
    options: { json: { type: 'string' }, only: { type: 'string' }, small: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
  });
  const { json, only, small: isSmall, write } = values;
  const pattern = new RegExp(only ?? '');
  const attacks = ATTACKS.filter(({ name }) => pattern.test(name));
  if (attacks.length === 0) throw new Error(`--only ${only}: no attack is named so. There are:\n${ATTACKS.map(({ name }) => name).join('\n')}`);
  if (json !== undefined) requireWritable('--json', json);
  return { json, attacks, isSmall, isFull: !isSmall && only === undefined, write };
}

async function main(): Promise<void> {
  const { json, attacks, isSmall, isFull, write } = readOptions(USAGE, options);
  const gpu = await openDawn();
  const notices = noticesOn(gpu);
  const rows: Row[] = [];
  say(['attack'.padEnd(55), 'target     ', 'shaders', ' sites', '    words', 'differ', 'promised', 'by self-tests'].join('  '));
  for (const target of isSmall ? TARGETS.slice(0, 3) : TARGETS) {
    const cases = await lawful(target, isSmall);
    for (const one of attacks) {
      const row = await attack(gpu, one, target, cases, notices);
      rows.push(row);
      sayRow(row);
    }
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ rows }, null, 2)}\n`);
  const areDocumentsRight = !isFull || checkDocuments(rows, write);
  // Dawn's threads would keep the process.
  process.exit(rows.every(({ kept }) => kept) && areDocumentsRight ? 0 : 1);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
