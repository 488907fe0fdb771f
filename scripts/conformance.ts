/**
 * npm run conformance -- [--json out.json] [FILE.mjs ...] [--steps 100] [--profile f12|e11|e10] [--random 24] [--stacks chromium,firefox,deno,dawn]
 * Every WebGPU stack of this machine (Chromium, Firefox, Deno, Dawn in Node) against the reference, to the bit: the presets
 * (and FILEs, as for `npm run capture`) for some steps, and random Programs. A case that diverges is compared up to there.
 * Exit code 1 on any difference, where a stack broke down, or where nothing was compared; 2 where an option or a FILE is wrong.
 */
import { writeFileSync } from 'node:fs';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import type { Profile } from '#engine/program/program.ts';
import { randomProgram } from '#engine/program/randomProgram.ts';
import { type Case, type Outcome, runCase } from '../e2e/conformance/compareCase.ts';
import { openStack, type Stack, type StackName } from '../e2e/conformance/openStack.ts';
import { fileCase, goldenRoots, presetCase, PRESETS } from '../e2e/conformance/presetCases.ts';
import { type ConformanceOptions, conformanceOptions, USAGE } from './conformanceOptions.ts';
import { caseLine, matrix, type ModelResult, type Report, summary, toJson } from './conformanceReport.ts';
import { readOptions } from './readOptions.ts';
import { type Verdict, verdictOn, verdictOnAll, verdictOnFailure, verdictOnLaw } from './conformanceVerdict.ts';

const GOLDEN_STEPS = 100;
const say = (text: string) => void process.stdout.write(`${text}\n`);
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function openStacks(names: readonly StackName[]): Promise<{ open: Stack[]; missing: StackName[] }> {
  const open: Stack[] = [];
  const missing: StackName[] = [];
  for (const name of names) {
    try {
      const stack = await openStack(name);
      open.push(stack);
      say(`${name}: ${stack.executor.device}`);
    } catch (error) {
      missing.push(name);
      say(`${name}: MISSING. ${messageOf(error)}`);
    }
  }
  return { open, missing };
}

async function onStack(stack: Stack, one: Case, law: Outcome): Promise<Verdict> {
  try {
    return verdictOn(one, law, await runCase(stack.executor, one));
  } catch (error) {
    return verdictOnFailure(error);
  }
}

async function runModel(one: Case, profile: Profile, open: readonly Stack[]): Promise<ModelResult> {
  const law = await runCase(referenceExecutor, one);
  const stacks: Record<string, Verdict> = {};
  for (const stack of open) stacks[stack.name] = await onStack(stack, one, law);
  const done = law.outputs.length;
  // The reference itself must still give the golden roots, where they are written down for these steps.
  const golden = done === GOLDEN_STEPS ? goldenRoots()[profile]?.[one.name] : undefined;
  const result = { model: one.name, profile, steps: one.steps.length, done, law: verdictOnLaw(law, golden), stacks };
  say(caseLine(result));
  return result;
}

async function runRandom(count: number, profile: Profile, open: readonly Stack[]): Promise<Report['random']> {
  const verdicts = new Map<StackName, Verdict[]>(open.map(({ name }) => [name, []]));
  /** A stack that has broken down says the same of each Program: once is enough. */
  const said = new Set<string>();
  for (let seed = 1; seed <= count; seed++) {
    const one: Case = { name: `random Program ${seed}`, ...randomProgram(seed, 2, profile) };
    const law = await runCase(referenceExecutor, one);
    for (const stack of open) {
      const verdict = await onStack(stack, one, law);
      verdicts.get(stack.name)?.push(verdict);
      const why = `${stack.name}: ${verdict.firstDifference}`;
      if (verdict.mismatches > 0 && !said.has(why)) say(`${one.name} on ${why}`);
      said.add(why);
    }
  }
  const stacks = Object.fromEntries([...verdicts].map(([name, all]) => [name, verdictOnAll(all)]));
  return { count, stacks };
}

/** Errors: name FILE. An asynchronous operation inside its step is refused in a promise that nobody waits for: Node tells of those last. */
async function captured(file: string, { steps, profile }: ConformanceOptions): Promise<Case> {
  const refused: unknown[] = [];
  const note = (reason: unknown) => void refused.push(reason);
  process.on('unhandledRejection', note);
  try {
    const one = await fileCase(file, steps, profile).finally(() => new Promise(setImmediate));
    if (refused.length > 0) throw refused[0];
    return one;
  } catch (error) {
    const why = messageOf(error);
    throw new Error(why.startsWith(file) ? why : `${file}: ${why}`, { cause: error });
  } finally {
    process.off('unhandledRejection', note);
  }
}

async function closeAll(open: readonly Stack[]): Promise<void> {
  for (const stack of open) await stack.close().catch((error: unknown) => say(`${stack.name} could not be closed: ${messageOf(error)}`));
}

async function compare({ json, steps, random, profile, stacks }: ConformanceOptions, fromFiles: readonly Case[]): Promise<void> {
  const { open, missing } = await openStacks(stacks);
  try {
    const cases: ModelResult[] = [];
    for (const name of PRESETS) cases.push(await runModel(await presetCase(name, steps, profile), profile, open));
    for (const one of fromFiles) cases.push(await runModel(one, profile, open));
    const report: Report = { cases, random: await runRandom(random, profile, open), open: open.map(({ name }) => name), missing };
    if (json !== undefined) writeFileSync(json, toJson(report));
    say(`\n${matrix(report, stacks)}\n`);
    const { lines, good } = summary(report);
    for (const line of lines) say(line);
    process.exitCode = good ? 0 : 1;
  } finally {
    await closeAll(open);
  }
}

function refuse(error: unknown): never {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(2);
}

/** What is wrong with an option or a FILE is told before anything is run. */
async function main(): Promise<void> {
  const options = readOptions(USAGE, () => conformanceOptions(process.argv.slice(2)));
  const fromFiles: Case[] = [];
  for (const file of options.files) fromFiles.push(await captured(file, options).catch((error: unknown) => refuse(error)));
  await compare(options, fromFiles);
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
