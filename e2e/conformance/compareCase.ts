/** One Program with its state and inputs, run on an executor; and how two such runs differ. */
import { type Bits, DivergedError, type Executor, IndexError, type Run } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import { stateRoot } from '#swarm/protocol/stateRoot.ts';

export interface Case {
  readonly name: string;
  readonly program: Program;
  /** For `Run.load`. */
  readonly state: readonly Bits[];
  /** For `Run.run`. */
  readonly steps: readonly (readonly Bits[])[];
}

/** What a run gave: bits of the steps that it did, and the error that ended it early. */
export interface Outcome {
  /** Of each step that was done. */
  readonly outputs: readonly (readonly Bits[])[];
  /** After those steps. */
  readonly state: readonly Bits[];
  /** H4 over all state tensors, round 0, slot 0, after those steps. */
  readonly root: string;
  /** `DivergedError: diverged at step 3, ...`, or null. */
  readonly error: string | null;
}

export async function runCase(executor: Executor, one: Case): Promise<Outcome> {
  const run = await executor.prepare(one.program);
  try {
    return await runOn(run, one);
  } finally {
    run.dispose();
  }
}

/** After an error a Run owes nothing until the next `load`, so the steps before it are done once more, for their bits. */
async function runOn(run: Run, { state, steps }: Pick<Case, 'state' | 'steps'>, earlier: string | null = null): Promise<Outcome> {
  try {
    await run.load(state);
    const outputs = await run.run(steps);
    const after = await run.state();
    return { outputs, state: after, root: stateRoot({ round: 0, slot: 0, step: steps.length }, after), error: earlier };
  } catch (error) {
    if (!(error instanceof DivergedError || error instanceof IndexError)) throw error;
    const told = `${error.name}: ${error.message}`;
    // The law never ends so: whoever does differs from it.
    const ending = earlier === null ? told : `${earlier}; and the steps before, done again, ended with ${told}`;
    return runOn(run, { state, steps: steps.slice(0, error.step) }, ending);
  }
}

export interface Difference {
  /** Words that differ, over all outputs and the last state. */
  readonly mismatches: number;
  /** In words: where, and both bit patterns. Null when all are equal. */
  readonly first: string | null;
}

const hex = (word: number | undefined) => (word ?? 0).toString(16).padStart(8, '0');

/** Where one went on further than the other, or ended otherwise, that is a difference; the steps that both did are compared all the same. */
export function compareOutcomes(program: Program, law: Outcome, found: Outcome): Difference {
  let mismatches = 0;
  let first: string | null = null;
  const differ = (how: string) => {
    mismatches++;
    first ??= how;
  };
  const compare = (what: string, expected: Bits, got: Bits | undefined) => {
    expected.forEach((word, at) => {
      if (word !== got?.[at]) differ(`${what} [${at}]: the law ${hex(word)}, here ${hex(got?.[at])}`);
    });
  };
  const sameEnding = law.error === found.error;
  const common = sameEnding ? law.outputs : law.outputs.slice(0, found.outputs.length);
  common.forEach((outputs, step) => {
    outputs.forEach((bits, k) => compare(`step ${step}, ${program.outputs[k]?.name}`, bits, found.outputs[step]?.[k]));
  });
  if (sameEnding) law.state.forEach((bits, k) => compare(`state ${program.tensors[program.state[k]?.tensor ?? -1]?.name}`, bits, found.state[k]));
  else differ(`the law: ${law.error ?? 'no error'}; here: ${found.error ?? 'no error'}`);
  return { mismatches, first };
}
