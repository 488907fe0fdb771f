/** The tab's device: a graphics processor for as long as one is to be had, else the CPU, with the reason in plain words. */
import { NoGpuError } from '#engine/kernels/requestGpu.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import type { DeviceView } from '#web/tab/tabModel.ts';
import { openCpu } from './openCpu.ts';
import { type GpuMeans, openGpu } from './openGpu.ts';
import { type ReopeningExecutor, reopeningExecutor } from './reopeningExecutor.ts';

/** `onView` hears of whatever device there is, whenever that is news. `pause`: between tries, of so many milliseconds. */
export interface DeviceOptions extends GpuMeans {
  readonly pause?: (ms: number) => Promise<void>;
}

/** What it is at first. */
export interface FirstDevice {
  readonly executor: ReopeningExecutor;
  readonly view: DeviceView;
}

const passTime = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export async function openDevice({ gpu, tunings, onView, pause = passTime }: DeviceOptions): Promise<FirstDevice> {
  const executor = reopeningExecutor({
    open: (hear) => openGpu({ gpu, tunings, onView: hear }),
    isPassing: (error) => !(error instanceof NoGpuError),
    instead: (error) =>
      openCpu({
        phase: 'none',
        name: referenceExecutor.device,
        message: `${reasonOf(error)} Meanwhile this tab can post jobs, watch them, and audit small steps on its processor.`,
        checks: [],
      }),
    onView,
    pause,
  });
  return { executor, view: (await executor.opened()).view };
}

function reasonOf(error: unknown): string {
  if (error instanceof NoGpuError) return error.message;
  return `The graphics processor cannot be used: ${error instanceof Error ? error.message : String(error)}. Opening this page again may help.`;
}
