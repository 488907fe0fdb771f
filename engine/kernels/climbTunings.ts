/** Looks for the tuning that suits a device, from a first guess on, one knob at a time. */
import { MOST_CELLS, type Tuning } from './tileMac.ts';

/** Times of `candidate` over those of `incumbent`: under 1 where it is faster. Infinity: it is not to be used. */
export type CompareTunings = (candidate: Tuning, incumbent: Tuning) => Promise<number>;

/** A smaller gain may be noise. */
const LEAST_GAIN = 0.92;

/** In the order in which they are tried: from what the guess is most often wrong about. */
const STEPS: readonly ((from: Tuning) => Tuning)[] = [
  (from) => ({ ...from, mostCells: Math.max(4, from.mostCells / 2) }),
  (from) => ({ ...from, mostCells: Math.min(MOST_CELLS, from.mostCells * 2) }),
  (from) => ({ ...from, leastInvocations: Math.min(2 ** 18, from.leastInvocations * 4) }),
  (from) => ({ ...from, leastInvocations: Math.max(16, from.leastInvocations / 4) }),
  (from) => ({ ...from, mapsInFours: true }),
  (from) => ({ ...from, workgroupMemory: true }),
];

export async function climbTunings(first: Tuning, compare: CompareTunings): Promise<Tuning> {
  let best = first;
  for (const step of STEPS) {
    // What helped once may help again.
    for (let candidate = step(best); (await compare(candidate, best)) < LEAST_GAIN; candidate = step(best)) best = candidate;
  }
  return best;
}
