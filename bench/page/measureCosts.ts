/** What a whole training step costs besides its own time. */
import type { Hasher } from '#engine/kernels/chooseHasher.ts';
import type { GpuRun } from '#engine/kernels/gpuRun.ts';
import { planMemory } from '#engine/kernels/planMemory.ts';
import type { Tuning } from '#engine/kernels/tileMac.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { estimateCost } from '#engine/program/estimateCost.ts';
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
  /** One step by the reference executor; null where that would take minutes. */
  readonly referenceMs: number | null;
}

const MOST_REFERENCE_MACS = 4e8;

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

export async function measureCosts({ program, state, inputs }: Prepared, run: GpuRun, hasher: Hasher, tuning: Tuning): Promise<Costs> {
  const cost = estimateCost(program);
  const hashing = await timeHashing(run);
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
    referenceMs,
  };
}
