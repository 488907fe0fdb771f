/** Times two ways to do the same step, taking turns, so that whatever else the machine does falls on both. */

/** Does so many steps, and comes back when the GPU is done with them. */
export type Runner = (steps: number) => Promise<void>;

export interface Timing {
  readonly medianMs: number;
  readonly leastMs: number;
  readonly mostMs: number;
}

export interface Measured {
  readonly ours: Timing;
  readonly stock: Timing;
  /** Stock over ours, pair by pair. */
  readonly ratios: readonly number[];
}

/** A sample is at least so long, or so many steps. */
const SAMPLE_MS = 250;
const MOST_STEPS = 64;

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
};

async function timeStep(run: Runner, steps: number): Promise<number> {
  const start = performance.now();
  await run(steps);
  return (performance.now() - start) / steps;
}

/** Steps of a sample; the first steps, which compile shaders, are not counted. */
async function stepsFor(run: Runner): Promise<number> {
  await run(2);
  const once = await timeStep(run, 2);
  return Math.max(1, Math.min(MOST_STEPS, Math.ceil(SAMPLE_MS / once)));
}

const timingOf = (times: readonly number[]): Timing => ({ medianMs: median(times), leastMs: Math.min(...times), mostMs: Math.max(...times) });

export async function measure(ours: Runner, stock: Runner, samples: number): Promise<Measured> {
  const steps = { ours: await stepsFor(ours), stock: await stepsFor(stock) };
  const times: { ours: number[]; stock: number[] } = { ours: [], stock: [] };
  for (let k = 0; k < samples; k++) {
    times.ours.push(await timeStep(ours, steps.ours));
    times.stock.push(await timeStep(stock, steps.stock));
  }
  return { ours: timingOf(times.ours), stock: timingOf(times.stock), ratios: times.ours.map((mine, k) => (times.stock[k] as number) / mine) };
}
