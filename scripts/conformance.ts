/**
 * npm run conformance -- [--json out.json] [FILE.mjs ...] [--steps 100] [--profile f12|e11|e10] [--random 24] [--stacks chromium,firefox,dawn]
 * Every WebGPU stack of this machine against the reference, to the bit: the presets (and FILEs, as for `npm run capture`)
 * for some steps, and random Programs. Exit code 1 on any difference, or where no stack could be opened.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PROFILES } from '#engine/program/encodeProgram.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import type { Profile } from '#engine/program/program.ts';
import { randomProgram } from '#engine/program/randomProgram.ts';
import { type Case, compareOutcomes, type Outcome, runCase } from '../e2e/conformance/compareCase.ts';
import { openStack, type Stack, STACKS, type StackName } from '../e2e/conformance/openStack.ts';
import { fileCase, goldenRoots, presetCase, PRESETS } from '../e2e/conformance/presetCases.ts';

interface StackResult {
  readonly root: string;
  readonly mismatches: number;
  readonly firstDifference: string | null;
}

interface ModelResult {
  readonly model: string;
  readonly profile: Profile;
  readonly steps: number;
  readonly stacks: Record<string, StackResult>;
}

const say = (text: string) => void process.stdout.write(`${text}\n`);

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      steps: { type: 'string', default: '100' },
      profile: { type: 'string', default: 'f12' },
      random: { type: 'string', default: '24' },
      stacks: { type: 'string', default: STACKS.join(',') },
    },
  });
  const whole = (name: 'steps' | 'random') => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} must be a whole number, not ${values[name]}`);
    return value;
  };
  const profile = PROFILES.find((one) => one === values.profile);
  if (!profile) throw new Error(`there is no profile ${values.profile}: choose ${PROFILES.join(', ')}`);
  const stacks = values.stacks.split(',').map((name) => STACKS.find((one) => one === name) ?? stop(`there is no stack ${name}: choose ${STACKS.join(', ')}`));
  return { json: values.json, steps: whole('steps'), random: whole('random'), profile, stacks, files: positionals };
}

function stop(why: string): never {
  throw new Error(why);
}

async function openStacks(names: readonly StackName[]): Promise<{ open: Stack[]; missing: string[] }> {
  const open: Stack[] = [];
  const missing: string[] = [];
  for (const name of names) {
    try {
      const stack = await openStack(name);
      open.push(stack);
      say(`${name}: ${stack.executor.device}`);
    } catch (error) {
      missing.push(name);
      say(`${name}: MISSING. ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { open, missing };
}

/** A stack that breaks down is a mismatch with its reason, not an end of the run. */
async function onStack(stack: Stack, one: Case, law: Outcome): Promise<StackResult> {
  try {
    const found = await runCase(stack.executor, one);
    const { mismatches, first } = compareOutcomes(one.program, law, found);
    return { root: found.root, mismatches, firstDifference: first };
  } catch (error) {
    return { root: '', mismatches: 1, firstDifference: error instanceof Error ? error.message : String(error) };
  }
}

async function runModel(one: Case, profile: Profile, open: readonly Stack[]): Promise<ModelResult> {
  const law = await runCase(referenceExecutor, one);
  const stacks: Record<string, StackResult> = { reference: { root: law.root, mismatches: 0, firstDifference: law.error } };
  for (const stack of open) stacks[stack.name] = await onStack(stack, one, law);
  const verdicts = open.map(({ name }) => `${name} ${stacks[name]?.mismatches === 0 ? 'equal' : `DIFFERS (${stacks[name]?.firstDifference})`}`);
  say(`${one.name}, ${profile}, ${one.steps.length} steps, root ${law.root || law.error}: ${verdicts.join(', ')}`);
  return { model: one.name, profile, steps: one.steps.length, stacks };
}

async function runRandom(count: number, profile: Profile, open: readonly Stack[]): Promise<{ count: number; mismatches: number; byStack: Map<string, number> }> {
  const byStack = new Map<string, number>(open.map(({ name }) => [name, 0]));
  for (let seed = 1; seed <= count; seed++) {
    const one: Case = { name: `random Program ${seed}`, ...randomProgram(seed, 2, profile) };
    const law = await runCase(referenceExecutor, one);
    for (const stack of open) {
      const result = await onStack(stack, one, law);
      byStack.set(stack.name, (byStack.get(stack.name) ?? 0) + result.mismatches);
      if (result.mismatches > 0) say(`${one.name} on ${stack.name}: ${result.firstDifference}`);
    }
  }
  const mismatches = [...byStack.values()].reduce((sum, one) => sum + one, 0);
  say(`${count} random Programs: ${mismatches} words differ`);
  return { count, mismatches, byStack };
}

/** Programs down, stacks across. */
function matrix(cases: readonly ModelResult[], randomPrograms: { readonly count: number; readonly byStack: ReadonlyMap<string, number> }, stacks: readonly StackName[]): string {
  const cell = (mismatches: number | undefined) => (mismatches === undefined ? 'missing' : mismatches === 0 ? 'equal' : `${mismatches} differ`);
  const lines = [
    ['', ...stacks],
    ...cases.map((one) => [`${one.model}, ${one.profile}, ${one.steps} steps`, ...stacks.map((name) => cell(one.stacks[name]?.mismatches))]),
    [`${randomPrograms.count} random Programs`, ...stacks.map((name) => cell(randomPrograms.byStack.get(name)))],
  ];
  const width = Math.max(...lines.map(([name = '']) => name.length)) + 2;
  return lines.map(([name = '', ...cells]) => name.padEnd(width) + cells.map((text) => text.padEnd(14)).join('')).join('\n');
}

/** The reference itself must still give the golden roots, where they are written down for these steps. */
function againstGolden(result: ModelResult): number {
  const golden = result.steps === 100 ? goldenRoots()[result.profile]?.[result.model] : undefined;
  if (golden === undefined || golden === result.stacks['reference']?.root) return 0;
  say(`${result.model}: the reference no longer gives the golden root ${golden}`);
  return 1;
}

async function main(): Promise<void> {
  const { json, steps, random, profile, stacks, files } = options();
  const { open, missing } = await openStacks(stacks);
  try {
    const cases: ModelResult[] = [];
    for (const name of PRESETS) cases.push(await runModel(await presetCase(name, steps, profile), profile, open));
    for (const file of files) cases.push(await runModel(await fileCase(file, steps, profile), profile, open));
    const { byStack, ...randomPrograms } = await runRandom(random, profile, open);
    say(`\n${matrix(cases, { count: randomPrograms.count, byStack }, stacks)}\n`);
    if (json !== undefined) writeFileSync(json, `${JSON.stringify({ cases, randomPrograms, missing }, null, 2)}\n`);
    const wrong = cases.reduce((sum, one) => sum + againstGolden(one) + Object.values(one.stacks).reduce((all, { mismatches }) => all + mismatches, 0), randomPrograms.mismatches);
    say(wrong === 0 ? `all equal on ${open.length} stacks${missing.length ? `; missing: ${missing.join(', ')}` : ''}` : `${wrong} differences`);
    process.exitCode = wrong === 0 && open.length > 0 ? 0 : 1;
  } finally {
    for (const stack of open) await stack.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
