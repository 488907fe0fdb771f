/** One slot's round (SPEC T2): from G_r to sealed checkpoints and a delta. A pure function of (Program, G_r, seed, r, slot). */
import type { Bits, Executor, Run } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import { checkpointsRoot } from '#swarm/protocol/checkpointTree.ts';
import type { Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';
import { stateRoot, stateRootOf } from '#swarm/protocol/stateRoot.ts';
import type { CheckpointStore } from './checkpointStore.ts';
import type { Dataset } from './dataset.ts';
import { type GlobalState, globalRoot, startState } from './globalState.ts';
import { type Delta, makeDelta, poisonedDelta } from './makeDelta.ts';
import { type Poison, poisonRoot } from './poison.ts';
import { runSteps, type StepOptions } from './runSteps.ts';
import { createStepInputs, type StepInputs } from './stepInputs.ts';

export interface RoundTask extends StepOptions {
  readonly executor: Executor;
  readonly program: Program;
  readonly spec: JobSpec;
  readonly dataset: Dataset;
  /** G_r: its `round` is the round that is run. */
  readonly globalState: GlobalState;
  readonly slot: number;
  /** Salt of checkpoint c: `checkpointSalt` of the solver's secret. */
  readonly salt: (checkpoint: number) => Hash;
  readonly store: CheckpointStore;
  /** Steps already done by an earlier run of this same round, in this tab's own store: go on from there. */
  readonly resumeFrom?: { readonly roots: readonly Hash[] } | undefined;
  /** After each checkpoint: roots 0..c so far, to be kept for `resumeFrom`. */
  readonly onCheckpoint?: ((roots: readonly Hash[]) => void) | undefined;
}

export interface RoundResult {
  readonly globalRoot: Hash;
  /** Roots of checkpoints 0..C and their salts. Secret until opened. */
  readonly checkpointRoots: readonly Hash[];
  readonly salts: readonly Hash[];
  /** R4: what is committed. */
  readonly checkpointsRoot: Hash;
  readonly proposalRoot: Hash;
  readonly delta: Uint8Array<ArrayBuffer>;
  readonly deltaHash: Hash;
  /** T7, or null when all went well. */
  readonly poison: Poison | null;
  /** Checkpoints that the store could not keep, with its reason. */
  readonly unkept: readonly { readonly checkpoint: number; readonly reason: string }[];
}

/** The newest checkpoint of an earlier run that the store still holds intact, and roots up to it. */
async function resumePoint(task: RoundTask, start: readonly Bits[]): Promise<{ roots: Hash[]; state: readonly Bits[] }> {
  const { globalState, slot, spec, store } = task;
  const rootAt = (checkpoint: number, state: readonly Bits[]) => stateRoot({ round: globalState.round, slot, step: checkpoint * spec.checkpointEvery }, state);
  const first = rootAt(0, start);
  const roots = task.resumeFrom?.roots ?? [];
  if (roots[0] === first) {
    for (let checkpoint = roots.length - 1; checkpoint > 0; checkpoint--) {
      const state = await store.get(checkpoint).catch(() => null);
      if (state && rootAt(checkpoint, state) === roots[checkpoint]) return { roots: roots.slice(0, checkpoint + 1), state };
    }
  }
  return { roots: [first], state: start };
}

/**
 * Errors: the signal's reason; `DeviceLostError` and other failures of the executor; ProtocolError and fetch errors of the
 * dataset. After any of them the round can be run again, from `resumeFrom` or from the start, to the same bytes.
 */
export async function trainRound(task: RoundTask): Promise<RoundResult> {
  const { executor, program, spec, dataset, globalState, slot } = task;
  const inputs = createStepInputs(program, spec, dataset);
  const start = startState(program, globalState);
  const run = await executor.prepare(program);
  let trained: Trained;
  try {
    trained = await trainSegments(task, run, inputs, start);
  } finally {
    run.dispose();
  }
  const { roots, unkept } = trained;
  const segments = spec.stepsPerRound / spec.checkpointEvery;
  const delta: Delta = trained.poison ? poisonedDelta(program, globalState, slot, trained.poison.reason) : await makeDelta(executor, program, globalState, slot, trained.end);
  const salts = roots.map((_, checkpoint) => task.salt(checkpoint));
  return {
    globalRoot: globalRoot(globalState),
    checkpointRoots: roots,
    salts,
    checkpointsRoot: checkpointsRoot(roots, salts),
    proposalRoot: delta.proposalRoot,
    delta: delta.bytes,
    deltaHash: delta.deltaHash,
    poison: trained.poison ?? (delta.poison === null ? null : { segment: segments, reason: delta.poison }),
    unkept,
  };
}

interface Trained {
  readonly roots: Hash[];
  readonly end: readonly Bits[];
  readonly poison: Poison | null;
  readonly unkept: { checkpoint: number; reason: string }[];
}

async function trainSegments(task: RoundTask, run: Run, inputs: StepInputs, start: readonly Bits[]): Promise<Trained> {
  const { spec, slot, store } = task;
  const { round } = task.globalState;
  const every = spec.checkpointEvery;
  const segments = spec.stepsPerRound / every;
  const unkept: Trained['unkept'] = [];
  const keep = async (checkpoint: number, state: readonly Bits[]) => {
    try {
      await store.put(checkpoint, state);
    } catch (error) {
      unkept.push({ checkpoint, reason: error instanceof Error ? error.message : String(error) });
    }
  };
  const { roots, state: from } = await resumePoint(task, start);
  if (roots.length === 1) await keep(0, start);
  let end = from;
  await run.load(from);
  const stretch = { round, slot, from: (roots.length - 1) * every, to: segments * every };
  const poisoned = await runSteps(run, inputs, stretch, task, {
    every,
    async reached(step, state, made) {
      end = await state;
      await keep(step / every, end);
      roots.push(stateRootOf({ round, slot, step }, await made));
      task.onCheckpoint?.([...roots]);
    },
  });
  const poison = poisoned && { segment: Math.floor(poisoned.from / every), reason: poisoned.reason };
  while (roots.length <= segments) roots.push(poisonRoot({ round, slot, step: roots.length * every }));
  return { roots, end, poison, unkept };
}
