/** One Program with its state and inputs, run on an executor; and how two such runs differ. */
import type { Bits, Executor } from '#engine/program/executor.ts';
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

/** What a run gave: bits, or the error that ended it. */
export interface Outcome {
  readonly outputs: readonly (readonly Bits[])[];
  readonly state: readonly Bits[];
  /** H4 over all state tensors, round 0, slot 0, after the steps. */
  readonly root: string;
  /** `DivergedError: diverged at step 3, ...`, or null. */
  readonly error: string | null;
}

export async function runCase(executor: Executor, { program, state, steps }: Case): Promise<Outcome> {
  const run = await executor.prepare(program);
  try {
    await run.load(state);
    const outputs = await run.run(steps);
    const after = await run.state();
    return { outputs, state: after, root: stateRoot({ round: 0, slot: 0, step: steps.length }, after), error: null };
  } catch (error) {
    if (!(error instanceof Error) || !['DivergedError', 'IndexError'].includes(error.name)) throw error;
    return { outputs: [], state: [], root: '', error: `${error.name}: ${error.message}` };
  } finally {
    run.dispose();
  }
}

export interface Difference {
  /** Words that differ, over all outputs and the last state. */
  readonly mismatches: number;
  /** In words: where, and both bit patterns. Null when all are equal. */
  readonly first: string | null;
}

const hex = (word: number | undefined) => (word ?? 0).toString(16).padStart(8, '0');

export function compareOutcomes(program: Program, law: Outcome, found: Outcome): Difference {
  if (law.error !== found.error) return { mismatches: 1, first: `the law: ${law.error ?? 'no error'}; here: ${found.error ?? 'no error'}` };
  let mismatches = 0;
  let first: string | null = null;
  const compare = (what: string, expected: Bits, got: Bits | undefined) => {
    expected.forEach((word, at) => {
      if (word === got?.[at]) return;
      mismatches++;
      first ??= `${what} [${at}]: the law ${hex(word)}, here ${hex(got?.[at])}`;
    });
  };
  law.outputs.forEach((outputs, step) => {
    outputs.forEach((bits, k) => compare(`step ${step}, ${program.outputs[k]?.name}`, bits, found.outputs[step]?.[k]));
  });
  law.state.forEach((bits, k) => compare(`state ${program.tensors[program.state[k]?.tensor ?? -1]?.name}`, bits, found.state[k]));
  return { mismatches, first };
}
