/** Times several ways to do the same step, taking turns, so that whatever else the machine does falls on all. */

/** Does so many steps, and comes back when the GPU is done with them. */
export type Runner = (steps: number) => Promise<void>;

/** A sample is about so long: Firefox tells of finished work every 100 ms only. Or it has so many steps. */
const SAMPLE_MS = 2000;
const MOST_STEPS = 256;

async function timeStep(run: Runner, steps: number): Promise<number> {
  const start = performance.now();
  await run(steps);
  return (performance.now() - start) / steps;
}

/** Steps of a sample; the first steps, which compile shaders, are not counted. */
async function stepsFor(run: Runner): Promise<number> {
  await run(2);
  let steps = 1;
  let each = await timeStep(run, steps);
  while (steps < MOST_STEPS && each * steps < SAMPLE_MS / 2) {
    steps *= 2;
    each = await timeStep(run, steps);
  }
  return Math.max(1, Math.min(MOST_STEPS, Math.round(SAMPLE_MS / each)));
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
