/** Runs a stretch of a round's steps on a prepared Program, a few at a time, so that progress shows and stopping is quick. */
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

export interface StepOptions {
  readonly onStep?: ((report: StepReport) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Steps handed to the executor at once; 4 unless told. Never changes a bit. */
  readonly stepsPerCall?: number | undefined;
}

/**
 * Null when all went well, or why the round is poisoned.
 * Errors: the signal's reason, those of the dataset, and the executor's (`DeviceLostError`, `UnsupportedError`).
 */
export async function runSteps(run: Run, inputs: StepInputs, stretch: Stretch, options: StepOptions): Promise<string | null> {
  const { round, slot, from, to } = stretch;
  const { signal, onStep } = options;
  const size = options.stepsPerCall ?? 4;
  const gather = (first: number) => {
    const count = Math.max(0, Math.min(size, to - first));
    const batch = Promise.all(Array.from({ length: count }, (_, k) => inputs.at(round, slot, first + k, signal)));
    // Awaited below, unless the executor throws first.
    batch.catch(() => undefined);
    return batch;
  };
  let coming = gather(from);
  for (let first = from; first < to; first += size) {
    signal?.throwIfAborted();
    const batch = await coming;
    coming = gather(first + size);
    try {
      const outputs = await run.run(batch);
      outputs.forEach((bits, k) => onStep?.({ step: first + k + 1, outputs: bits }));
    } catch (error) {
      const reason = poisonReason(error);
      if (reason === null) throw error;
      return reason;
    }
  }
  signal?.throwIfAborted();
  return null;
}
