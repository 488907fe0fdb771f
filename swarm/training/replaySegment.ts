/** What an auditor does: run one segment of another slot's round again, and say what its root must be (SPEC A3). */
import type { Bits, Executor } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import { auditTarget } from '#swarm/protocol/attestation.ts';
import type { Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';
import { stateRoot, stateRootOf } from '#swarm/protocol/stateRoot.ts';
import type { Dataset } from './dataset.ts';
import { type GlobalState, startState } from './globalState.ts';
import { makeDelta, poisonedDelta } from './makeDelta.ts';
import { poisonRoot } from './poison.ts';
import { runSteps, type StepOptions } from './runSteps.ts';
import { createStepInputs } from './stepInputs.ts';

export interface ReplayTask extends StepOptions {
  readonly executor: Executor;
  readonly program: Program;
  readonly spec: JobSpec;
  readonly dataset: Dataset;
  /** G_r, whose root is on chain. */
  readonly globalState: GlobalState;
  readonly slot: number;
  /** 0 to C - 1. */
  readonly segment: number;
  /**
   * The state at checkpoint `segment`, once its root has been checked against the solver's sealed leaf; or null, to run
   * all segments from G_r. It is null, too, where the solver says that the round was poisoned before.
   */
  readonly checkpoint: readonly Bits[] | null;
}

export interface Replay {
  /** What the auditor attests (A3). */
  readonly target: Hash;
  /** Root of checkpoint segment + 1. */
  readonly root: Hash;
  /** Only for the last segment. */
  readonly proposalRoot: Hash | null;
  readonly deltaHash: Hash | null;
  readonly steps: number;
  /** T7: why the round is poisoned, or null. */
  readonly poison: string | null;
}

/** Root that a supplied checkpoint state must have: compare with the opening before replaying from it. */
export function checkpointRoot(spec: JobSpec, round: number, slot: number, checkpoint: number, state: readonly Bits[]): Hash {
  return stateRoot({ round, slot, step: checkpoint * spec.checkpointEvery }, state);
}

/** Errors: as `trainRound`; RangeError where there is no such segment. */
export async function replaySegment(task: ReplayTask): Promise<Replay> {
  const { executor, program, spec, globalState, slot, segment } = task;
  const { round } = globalState;
  const segments = spec.stepsPerRound / spec.checkpointEvery;
  if (!Number.isInteger(segment) || segment < 0 || segment >= segments) throw new RangeError(`segment ${segment} of ${segments} does not exist`);
  const inputs = createStepInputs(program, spec, task.dataset);
  const from = task.checkpoint ? segment * spec.checkpointEvery : 0;
  const to = (segment + 1) * spec.checkpointEvery;
  const place = { round, slot, step: to };
  const isLast = segment === segments - 1;
  const run = await executor.prepare(program);
  let poison: string | null;
  let root: Hash;
  let end: Bits[] = [];
  try {
    await run.load(task.checkpoint ?? startState(program, globalState));
    poison = (await runSteps(run, inputs, { round, slot, from, to }, task))?.reason ?? null;
    root = poison === null ? stateRootOf(place, await run.roots()) : poisonRoot(place);
    // Only the delta is made of the state itself.
    if (poison === null && isLast) end = await run.state();
  } finally {
    run.dispose();
  }
  if (!isLast) return { target: auditTarget(root, null), root, proposalRoot: null, deltaHash: null, steps: to - from, poison };
  const delta = poison === null ? await makeDelta(executor, program, globalState, slot, end) : poisonedDelta(program, globalState, slot, poison);
  return { target: auditTarget(root, delta), root, proposalRoot: delta.proposalRoot, deltaHash: delta.deltaHash, steps: to - from, poison: delta.poison };
}
