/** The tab's device: found, tested against the law, and timed; or the CPU, with the reason in plain words. */
import { arithmeticProgram } from '#engine/kernels/arithmeticProgram.ts';
import { NoGpuError, requestGpu } from '#engine/kernels/requestGpu.ts';
import { selfTest } from '#engine/kernels/selfTest.ts';
import { createWebgpuExecutor } from '#engine/kernels/webgpuExecutor.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import type { Executor } from '#engine/program/executor.ts';
import type { DeviceView } from '#web/tab/tabModel.ts';
import { benchmarkProgram } from './benchmarkProgram.ts';

export interface OpenedDevice {
  readonly executor: Executor;
  readonly view: DeviceView;
}

/** What the CPU may hold: plain arrays in a tab. */
const CPU_MEMORY_BYTES = 1 << 30;

export async function openDevice(): Promise<OpenedDevice> {
  try {
    const gpu = await requestGpu(navigator.gpu);
    const executor = createWebgpuExecutor({ device: gpu.device, deviceName: gpu.name });
    const { program, inputs } = arithmeticProgram();
    const check = await selfTest(executor, program, 'Every kind of arithmetic', [inputs], []);
    const matrix = benchmarkProgram();
    const product = await selfTest(executor, matrix.program, 'Matrix products', [matrix.inputs], []);
    const checks = [check, product];
    if (!checks.every((one) => one.passed)) {
      return onCpu(
        'refused',
        gpu.name,
        `${gpu.name} does not compute exactly as Tutti needs, so it is not given work. An update of the graphics driver or another browser may help. Meanwhile this tab can post, watch, and audit small steps on its processor.`,
        checks,
      );
    }
    const macsPerSecond = await measure(executor);
    return {
      executor,
      view: {
        phase: 'ready',
        name: gpu.name,
        message: 'This graphics processor computes exactly: every test agreed with the reference to the last bit.',
        checks,
        macsPerSecond,
        memoryBytes: gpu.memoryBytes,
      },
    };
  } catch (error) {
    if (error instanceof NoGpuError)
      return onCpu('none', referenceExecutor.device, `${error.message} Meanwhile this tab can post jobs, watch them, and audit small steps on its processor.`, []);
    throw error;
  }
}

async function onCpu(phase: 'refused' | 'none', name: string, message: string, checks: DeviceView['checks']): Promise<OpenedDevice> {
  return { executor: referenceExecutor, view: { phase, name, message, checks, macsPerSecond: await measure(referenceExecutor), memoryBytes: CPU_MEMORY_BYTES } };
}

/** Multiply-adds per second of a middling matrix product, best of a few. */
async function measure(executor: Executor): Promise<number> {
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
