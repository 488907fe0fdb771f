/** What a whole training step costs besides its own time. */
import type { Hasher } from '#engine/kernels/chooseHasher.ts';
import type { GpuRun } from '#engine/kernels/gpuRun.ts';
import { planMemory } from '#engine/kernels/planMemory.ts';
import type { Tuning } from '#engine/kernels/tileMac.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { estimateCost } from '#engine/program/estimateCost.ts';
import { measure, type Runner } from './measure.ts';
import type { Prepared } from './row.ts';

export interface Costs {
  readonly macs: number;
  /** Of the arena; and the greatest sum of tensors that are alive at once. */
  readonly peakBytes: number;
  readonly lowerBoundBytes: number;
  /** Who hashes the state on this device, and how long that takes. */
  readonly hasher: Hasher;
  readonly hashMs: number;
  /** To hash it on the device; to read it back and hash it on the CPU; least of three. */
  readonly hashGpuMs: number;
  readonly hashCpuMs: number;
  /** Milliseconds of `HASHED_STEPS` steps, sample by sample: alone; and with their state's roots, which a round waits for no sooner than its next steps are under way. */
  readonly steps: readonly number[];
  readonly hashedSteps: readonly number[];
  /** One step by the reference executor; null where that would take minutes. */
  readonly referenceMs: number | null;
}

const MOST_REFERENCE_MACS = 4e8;
const HASHED_STEPS = 8;
/** A share of a few hundredths is to be seen through samples that differ by more. */
const LEAST_HASHED_SAMPLES = 9;

/** Stretches of `HASHED_STEPS` steps, two under way at once, as runSteps.ts has them. */
function inStretches(run: GpuRun, inputs: Prepared['inputs'], isHashed: boolean): Runner {
  const stretch = Array.from({ length: HASHED_STEPS }, () => inputs);
  return async (count) => {
    let before: Promise<unknown> = Promise.resolve();
    for (let k = 0; k < count; k++) {
      const under = Promise.all([run.run(stretch), isHashed ? run.roots() : null]);
      await before;
      before = under;
    }
    await before;
  };
}

/** Taking turns, so that whatever else the machine does falls on both. */
async function timeHashing(run: GpuRun): Promise<Record<Hasher, number>> {
  const least = { gpu: Number.POSITIVE_INFINITY, cpu: Number.POSITIVE_INFINITY };
  await run.roots(undefined, 'gpu');
  for (let trial = 0; trial < 3; trial++) {
    for (const hasher of ['gpu', 'cpu'] as const) {
      const started = performance.now();
      await run.roots(undefined, hasher);
      least[hasher] = Math.min(least[hasher], performance.now() - started);
    }
  }
  return least;
}

export async function measureCosts({ program, state, inputs }: Prepared, run: GpuRun, hasher: Hasher, tuning: Tuning, samples: number): Promise<Costs> {
  const cost = estimateCost(program);
  const hashing = await timeHashing(run);
  const { plain, hashed } = await measure({ plain: inStretches(run, inputs, false), hashed: inStretches(run, inputs, true) }, Math.max(samples, LEAST_HASHED_SAMPLES));
  let referenceMs: number | null = null;
  if (cost.macs <= MOST_REFERENCE_MACS) {
    const reference = await referenceExecutor.prepare(program);
    await reference.load(state);
    const started = performance.now();
    await reference.run([inputs]);
    referenceMs = performance.now() - started;
    reference.dispose();
  }
  return {
    macs: cost.macs,
    peakBytes: planMemory(program, tuning).words * 4,
    lowerBoundBytes: cost.peakBytes,
    hasher,
    hashMs: hashing[hasher],
    hashGpuMs: hashing.gpu,
    hashCpuMs: hashing.cpu,
    steps: plain,
    hashedSteps: hashed,
    referenceMs,
  };
}
