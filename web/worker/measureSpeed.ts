/** Multiply-adds per second of a middling matrix product, best of a few. */
import type { Executor } from '#engine/program/executor.ts';
import { benchmarkProgram } from './benchmarkProgram.ts';

export async function measureSpeed(executor: Executor): Promise<number> {
  const { program, inputs, macs } = benchmarkProgram();
  const run = await executor.prepare(program);
  try {
    let best = Number.POSITIVE_INFINITY;
    for (let trial = 0; trial < 3; trial++) {
      const began = performance.now();
      await run.run([inputs]);
      best = Math.min(best, performance.now() - began);
    }
    return Math.round((macs / Math.max(best, 0.01)) * 1000);
  } finally {
    run.dispose();
  }
}
