/** Measures which tuning suits a device: candidates take turns with the best so far on a few products. */
import { type Bits, DeviceLostError } from '#engine/program/executor.ts';
import { climbTunings } from './climbTunings.ts';
import type { GpuRun } from './gpuRun.ts';
import { planMemory } from './planMemory.ts';
import type { Tuning } from './tileMac.ts';
import { type TuningProduct, tuningProducts } from './tuningProducts.ts';
import { createWebgpuExecutor, type GpuExecutor, kernelsOf } from './webgpuExecutor.ts';

/** When it is spent, the best so far is kept: people wait for it, once a device. */
const BUDGET_MS = 1000;
/** A device that does the first product in less is given more work, or its times would be those of submitting. */
const QUICK_MS = 3;
const MORE_WORK = 16;
const SAMPLES = 4;
/** So much slower on any product, a candidate is left at once: on software devices compiling it for the others is what takes the time. */
const HOPELESS = 1.25;

interface Trial {
  /** All shaders, to see where two tunings come to the same. */
  readonly code: string;
  readonly run: GpuRun;
  readonly result: Bits;
}

/** `first`: where to begin, and what is kept where nothing is faster. Errors: as of running a Program, of `first` alone. */
export async function tuneDevice(device: GPUDevice, first: Tuning): Promise<Tuning> {
  const bench = new TuningBench(createWebgpuExecutor({ device, deviceName: 'being tuned', tuning: first }), performance.now() + BUDGET_MS);
  try {
    bench.products = tuningProducts(1);
    const [square] = bench.products as [TuningProduct];
    const began = performance.now();
    const trial = await bench.trial(first, square);
    bench.trialMs = performance.now() - began;
    if ((await timeOf(trial)) < QUICK_MS) bench.products = tuningProducts(MORE_WORK);
    return await climbTunings(first, (candidate, incumbent) => bench.compare(candidate, incumbent));
  } finally {
    bench.dispose();
  }
}

async function timeOf({ run }: Trial): Promise<number> {
  const began = performance.now();
  await run.run([[]]);
  return performance.now() - began;
}

class TuningBench {
  products: readonly TuningProduct[] = [];
  /** What compiling and running one product took: where the next would not be done in time, it is not begun. */
  trialMs = 0;
  private readonly executor: GpuExecutor;
  /** By `performance.now()`. */
  private readonly until: number;
  private readonly trials = new Map<string, Trial>();

  constructor(executor: GpuExecutor, until: number) {
    this.executor = executor;
    this.until = until;
  }

  /** Mean ratio of times of what comes to different shaders. Infinity where the candidate's bits differ, it cannot be compiled, it is far slower somewhere, or no time is left. */
  async compare(candidate: Tuning, incumbent: Tuning): Promise<number> {
    let logs = 0;
    let compared = 0;
    for (const product of this.products) {
      if (performance.now() + this.trialMs > this.until) return Number.POSITIVE_INFINITY;
      const before = await this.trial(incumbent, product);
      let next: Trial;
      try {
        next = await this.trial(candidate, product);
      } catch (error) {
        if (error instanceof DeviceLostError) throw error;
        return Number.POSITIVE_INFINITY;
      }
      if (next.code === before.code) continue;
      if (next.result.some((word, k) => word !== before.result[k])) return Number.POSITIVE_INFINITY;
      const ratio = await ratioOf(next, before);
      if (ratio > HOPELESS) return Number.POSITIVE_INFINITY;
      logs += Math.log(ratio);
      compared++;
    }
    return Math.exp(logs / Math.max(1, compared));
  }

  /** Compiled, warm, and with its result. */
  async trial(tuning: Tuning, product: TuningProduct): Promise<Trial> {
    const code = kernelsOf(planMemory(product.program, tuning))
      .map((kernel) => kernel.code)
      .join('');
    const kept = this.trials.get(code);
    if (kept) return kept;
    const run = await this.executor.prepare(product.program, { tuning });
    await run.load(product.state);
    await run.run([[]]);
    const trial = { code, run, result: (await run.state()).at(-1) as Bits };
    this.trials.set(code, trial);
    return trial;
  }

  dispose(): void {
    for (const { run } of this.trials.values()) run.dispose();
  }
}

/** Of the least times, taken in turns: what else the machine does meets both. */
async function ratioOf(next: Trial, before: Trial): Promise<number> {
  const least = { next: Number.POSITIVE_INFINITY, before: Number.POSITIVE_INFINITY };
  for (let sample = 0; sample < SAMPLES; sample++) {
    least.before = Math.min(least.before, await timeOf(before));
    least.next = Math.min(least.next, await timeOf(next));
    if (least.next > HOPELESS * least.before) break;
  }
  return least.next / least.before;
}
