/** The CPU, where no graphics processor is to be had, or none that may be used. */
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import type { DeviceView } from '#web/tab/tabModel.ts';
import { measureSpeed } from './measureSpeed.ts';
import type { OpenedDevice } from './reopeningExecutor.ts';

/** What the CPU may hold: plain arrays in a tab. */
const MEMORY_BYTES = 1 << 30;

/** `why`: what was found, and what would help. */
export async function openCpu(why: Pick<DeviceView, 'name' | 'message' | 'checks'> & { readonly phase: 'refused' | 'none' }): Promise<OpenedDevice> {
  return { executor: referenceExecutor, lost: null, view: { ...why, jobTests: [], macsPerSecond: await measureSpeed(referenceExecutor), memoryBytes: MEMORY_BYTES } };
}
