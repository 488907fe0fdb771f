/**
 * npm run hostile -- [--json out.json] [--only REGEXP] [--small]
 * A hostile compiler between the engine and a real WebGPU (Dawn in Node): each kind of rewrite that WGSL's text permits is
 * applied to every shader, and the bits are held against the law. Exit code 1 where a profile breaks its promise, or
 * where an engine without fences survives. `--small`: fewer Programs, without e10, as `npm test` runs it.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Variant } from '#engine/kernels/macFormat.ts';
import { createWebgpuExecutor } from '#engine/kernels/webgpuExecutor.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import type { Profile } from '#engine/program/program.ts';
import { type Case, compareOutcomes, type Outcome, runCase } from '../e2e/conformance/compareCase.ts';
import { hostileCases } from '../e2e/conformance/hostile/hostileCases.ts';
import { hostileGpu, openDawn } from '../e2e/conformance/hostile/openDawn.ts';
import { CHANGES_ORDER, REWRITE_NAMES, REWRITES, type Rewritten, withoutFences, withoutGuards } from '../e2e/conformance/hostile/rewriteWgsl.ts';

/** What is attacked: a profile, and of f12 both ways to add up. */
type Target = Profile | 'f12 guarded';

interface Attack {
  readonly name: string;
  readonly rewrite: (code: string) => Rewritten;
  /** Whose bits it must not change; of the others it must change some. */
  readonly survivors: readonly Target[];
}

interface Row {
  readonly attack: string;
  readonly target: Target;
  /** Shaders given to the device, and places in them that were rewritten. */
  readonly shaders: number;
  readonly sites: number;
  readonly words: number;
  readonly mismatches: number;
  readonly promised: 'survives' | 'breaks';
  readonly kept: boolean;
}

const TARGETS: readonly Target[] = ['f12', 'f12 guarded', 'e11', 'e10'];
const say = (text: string) => void process.stdout.write(`${text}\n`);

function lookThrough(code: string): Rewritten {
  const plain = withoutGuards(code);
  const moved = REWRITES['re-bracket sums'](plain.code);
  return { code: moved.code, sites: plain.sites + moved.sites };
}

const ATTACKS: readonly Attack[] = [
  ...REWRITE_NAMES.map((name): Attack => ({ name, rewrite: REWRITES[name], survivors: CHANGES_ORDER.has(name) ? TARGETS.filter((target) => target !== 'f12') : TARGETS })),
  { name: 'look through guards, then re-bracket', rewrite: lookThrough, survivors: ['e11', 'e10'] },
  { name: 'no fences, then fuse', rewrite: (code) => withoutFences(code, true), survivors: [] },
  {
    name: 'no fences, then flush and change the sign of zero',
    rewrite(code) {
      const flushed = REWRITES['change the sign of zero'](code);
      const plain = withoutFences(flushed.code, false);
      return {
        code: plain.code.replace(
          /fn fence\(x: f32\) -> u32 \{ return hostile_zero\(bitcast<u32>\(x\)\) \^ env.zero; \}/,
          'fn fence(x: f32) -> u32 { return hostile_zero(bitcast<u32>(x)); }',
        ),
        sites: flushed.sites + plain.sites,
      };
    },
    survivors: [],
  },
];

async function attack(gpu: GPU, { name, rewrite, survivors }: Attack, target: Target, cases: readonly { readonly one: Case; readonly law: Outcome }[]): Promise<Row> {
  let shaders = 0;
  let sites = 0;
  const counted = (code: string) => {
    const changed = rewrite(code);
    shaders++;
    sites += changed.sites;
    return changed;
  };
  const adapter = await hostileGpu(gpu, counted).requestAdapter();
  const device = await (adapter as GPUAdapter).requestDevice();
  const executor = createWebgpuExecutor({ device, deviceName: 'SwiftShader, hostile' });
  const variant: Variant = target === 'f12 guarded' ? 'guarded' : 'fast';
  let mismatches = 0;
  let words = 0;
  for (const { one, law } of cases) {
    const found = await runCase({ ...executor, prepare: (program) => executor.prepare(program, { variant }) }, one);
    mismatches += compareOutcomes(one.program, law, found).mismatches;
    words += [...law.outputs.flat(), ...law.state].reduce((sum, bits) => sum + bits.length, 0);
  }
  device.destroy();
  const promised = survivors.includes(target) ? 'survives' : 'breaks';
  return { attack: name, target, shaders, sites, words, mismatches, promised, kept: (mismatches === 0) === (promised === 'survives') };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'string' }, only: { type: 'string', default: '' }, small: { type: 'boolean', default: false } } });
  const only = new RegExp(values.only);
  const gpu = await openDawn();
  const rows: Row[] = [];
  say(['attack'.padEnd(52), 'target     ', 'shaders', ' sites', '    words', 'differ', 'promised'].join('  '));
  for (const target of values.small ? TARGETS.slice(0, 3) : TARGETS) {
    const cases = await Promise.all(
      hostileCases(target === 'f12 guarded' ? 'f12' : target, values.small).map(async (one) => ({ one, law: await runCase(referenceExecutor, one) })),
    );
    for (const one of ATTACKS.filter(({ name }) => only.test(name))) {
      const row = await attack(gpu, one, target, cases);
      rows.push(row);
      const cells = [
        row.attack.padEnd(52),
        target.padEnd(11),
        `${row.shaders}`.padStart(7),
        `${row.sites}`.padStart(6),
        `${row.words}`.padStart(9),
        `${row.mismatches}`.padStart(6),
      ];
      say(`${cells.join('  ')}  ${row.promised}${row.kept ? '' : '  BROKEN PROMISE'}`);
    }
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rows }, null, 2)}\n`);
  // Dawn's threads would keep the process.
  process.exit(rows.every(({ kept }) => kept) ? 0 : 1);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
