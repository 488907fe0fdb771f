/**
 * Runs a stretch of a round's steps on a prepared Program, a few at a time, so that progress shows and stopping is quick.
 * The next few are handed over before the last are answered: no device waits for its host, nor for a checkpoint's hashes.
 */
import type { Bits, Run } from '#engine/program/executor.ts';
import type { StepInputs } from './stepInputs.ts';
import { poisonReason } from './poison.ts';

export interface StepReport {
  /** Steps of this round that are done, counting this one. */
  readonly step: number;
  /** Bits of `program.outputs`. */
  readonly outputs: readonly Bits[];
}

export interface Stretch {
  readonly round: number;
  readonly slot: number;
  /** First step, and the one after the last. */
  readonly from: number;
  readonly to: number;
}

export interface Checkpoints {
  /** After each step of the round that is a multiple of it. */
  readonly every: number;
  /** In order, each once its step and all before are done, without poison. Rejects: the stretch ends with that error. */
  readonly reached: (step: number, state: Promise<readonly Bits[]>, roots: Promise<readonly Uint8Array[]>) => Promise<void>;
}

export interface StepOptions {
  readonly onStep?: ((report: StepReport) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Steps handed to the executor at once; by their time unless told. Never changes a bit. */
  readonly stepsPerCall?: number | undefined;
}

/** Where and why a round is poisoned. `from`: first of the steps that were handed over with the one that failed. */
export interface PoisonedAt {
  readonly from: number;
  readonly reason: string;
}

const STEPS_AT_FIRST = 4;
const MOST_STEPS = 32;
/** What one call should take. */
const CALL_MS = { least: 100, most: 400 };

/** Asked of the executor, and not yet answered. */
interface Call {
  readonly first: number;
  readonly end: number;
  readonly outputs: Promise<readonly (readonly Bits[])[]>;
  readonly checkpoint: { readonly state: Promise<readonly Bits[]>; readonly roots: Promise<readonly Uint8Array[]> } | null;
}

/**
 * Null when all went well.
 * Errors: the signal's reason, those of the dataset, and the executor's (`DeviceLostError`, `UnsupportedError`).
 */
export async function runSteps(run: Run, inputs: StepInputs, stretch: Stretch, options: StepOptions, checkpoints?: Checkpoints): Promise<PoisonedAt | null> {
  const { round, slot, from, to } = stretch;
  const { signal } = options;
  let size = options.stepsPerCall ?? STEPS_AT_FIRST;
  const gather = (first: number) => {
    const boundary = checkpoints ? (Math.floor(first / checkpoints.every) + 1) * checkpoints.every : to;
    const end = Math.min(first + size, boundary, to);
    const batch = Promise.all(Array.from({ length: Math.max(0, end - first) }, (_, k) => inputs.at(round, slot, first + k, signal)));
    // Awaited below, unless the executor throws first.
    batch.catch(() => undefined);
    return { first, end, batch };
  };
  let coming = gather(from);
  let before: Call | null = null;
  let waiting: Call | null = null;
  let since = performance.now();
  const settle = async (call: Call) => {
    const poison = await answered(call, options, checkpoints);
    const now = performance.now();
    if (options.stepsPerCall === undefined) size = nextSize(size, now - since);
    since = now;
    return poison;
  };
  try {
    while (coming.first < to) {
      signal?.throwIfAborted();
      const { first, end } = coming;
      const call = ask(run, first, end, await coming.batch, checkpoints);
      coming = gather(end);
      before = waiting;
      waiting = call;
      const poison = before && (await settle(before));
      if (poison) return poison;
    }
    const poison = waiting && (await settle(waiting));
    signal?.throwIfAborted();
    return poison;
  } finally {
    // Whatever ended it: the run is not the caller's again before it is still.
    await Promise.allSettled([before, waiting].flatMap((call) => (call ? [call.outputs, ...Object.values(call.checkpoint ?? {})] : [])));
  }
}

function ask(run: Run, first: number, end: number, batch: readonly (readonly Bits[])[], checkpoints: Checkpoints | undefined): Call {
  const outputs = run.run(batch);
  outputs.catch(() => undefined);
  if (!checkpoints || end % checkpoints.every !== 0) return { first, end, outputs, checkpoint: null };
  const state = run.state();
  const roots = run.roots(state);
  state.catch(() => undefined);
  roots.catch(() => undefined);
  return { first, end, outputs, checkpoint: { state, roots } };
}

async function answered({ first, end, outputs, checkpoint }: Call, { onStep }: StepOptions, checkpoints: Checkpoints | undefined): Promise<PoisonedAt | null> {
  try {
    (await outputs).forEach((bits, k) => onStep?.({ step: first + k + 1, outputs: bits }));
  } catch (error) {
    const reason = poisonReason(error);
    if (reason === null) throw error;
    return { from: first, reason };
  }
  if (checkpoint) await checkpoints?.reached(end, checkpoint.state, checkpoint.roots);
  return null;
}

function nextSize(size: number, ms: number): number {
  if (ms < CALL_MS.least) return Math.min(MOST_STEPS, size * 2);
  return ms > CALL_MS.most ? Math.max(1, size >> 1) : size;
}
