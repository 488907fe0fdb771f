/** Times several ways to do the same step, taking turns, so that whatever else the machine does falls on all. */

/** Does so many steps, and comes back when the GPU is done with them. */
export type Runner = (steps: number) => Promise<void>;

/** A sample is at least so long, or so many steps. */
const SAMPLE_MS = 250;
const MOST_STEPS = 64;

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

/** Milliseconds a step, sample by sample, of each contender: the k-th samples of all were taken one after the other. */
export async function measure<Name extends string>(contenders: Readonly<Record<Name, Runner>>, samples: number): Promise<Record<Name, number[]>> {
  const entered: { run: Runner; steps: number; times: number[] }[] = [];
  const times = {} as Record<Name, number[]>;
  for (const name in contenders) {
    const run = contenders[name];
    times[name] = [];
    entered.push({ run, steps: await stepsFor(run), times: times[name] });
  }
  for (let k = 0; k < samples; k++) for (const { run, steps, times: own } of entered) own.push(await timeStep(run, steps));
  return times;
}
