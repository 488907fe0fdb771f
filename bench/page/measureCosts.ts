/** What a whole training step costs besides its own time. */
import { planMemory } from '#engine/kernels/planMemory.ts';
import type { Tuning } from '#engine/kernels/tileMac.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { estimateCost } from '#engine/program/estimateCost.ts';
import type { Run } from '#engine/program/executor.ts';
import { stateRoot } from '#swarm/protocol/stateRoot.ts';
import type { Prepared } from './row.ts';

export interface Costs {
  readonly macs: number;
  /** Of the arena; and the greatest sum of tensors that are alive at once. */
  readonly peakBytes: number;
  readonly lowerBoundBytes: number;
  /** To read the state back and hash it, least of three. */
  readonly hashMs: number;
  /** One step by the reference executor; null where that would take minutes. */
  readonly referenceMs: number | null;
}

const MOST_REFERENCE_MACS = 4e8;

export async function measureCosts({ program, state, inputs }: Prepared, run: Run, tuning: Tuning): Promise<Costs> {
  const cost = estimateCost(program);
  let hashMs = Number.POSITIVE_INFINITY;
  for (let trial = 0; trial < 3; trial++) {
    const started = performance.now();
    stateRoot({ round: 0, slot: 0, step: trial }, await run.state());
    hashMs = Math.min(hashMs, performance.now() - started);
  }
  let referenceMs: number | null = null;
  if (cost.macs <= MOST_REFERENCE_MACS) {
    const reference = await referenceExecutor.prepare(program);
    await reference.load(state);
    const started = performance.now();
    await reference.run([inputs]);
    referenceMs = performance.now() - started;
    reference.dispose();
  }
  return { macs: cost.macs, peakBytes: planMemory(program, tuning).words * 4, lowerBoundBytes: cost.peakBytes, hashMs, referenceMs };
}
