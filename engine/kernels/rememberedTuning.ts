/** A device's tuning: as it was measured when it was first used here, else measured now. */
import { MOST_CELLS, type Tuning } from './tileMac.ts';
import { tuneDevice } from './tuneDevice.ts';
import { defaultTuning } from './webgpuExecutor.ts';

/** One text. OPFS in tabs, memory in tests. */
export interface TuningStore {
  /** Null where there is none. */
  load(): Promise<string | null>;
  /** In place of what there was. Where that fails, the device is measured again next time. */
  save(text: string): Promise<void>;
}

/** Of the kernels' shapes: what was measured with others is dropped. Raise it with each change of how macs are tiled or emitted. */
const KERNELS_VERSION = 4;
/** The newest are kept. */
const MOST_DEVICES = 8;

interface Kept {
  readonly kernels: number;
  readonly devices: readonly { readonly name: string; readonly tuning: Tuning }[];
}

/** Errors: as of running a Program on the device. */
export async function rememberedTuning(device: GPUDevice, deviceName: string, store: TuningStore, tune: typeof tuneDevice = tuneDevice): Promise<Tuning> {
  const { adapterInfo } = device;
  const name = [deviceName, adapterInfo?.vendor, adapterInfo?.architecture, adapterInfo?.device, adapterInfo?.description].join(', ');
  const kept = readKept(await store.load());
  const known = kept.devices.find((one) => one.name === name);
  if (known) return known.tuning;
  const tuning = await tune(device, defaultTuning(device, deviceName));
  await store.save(JSON.stringify({ ...kept, devices: [...kept.devices, { name, tuning }].slice(-MOST_DEVICES) } satisfies Kept));
  return tuning;
}

function readKept(text: string | null): Kept {
  const nothing: Kept = { kernels: KERNELS_VERSION, devices: [] };
  if (text === null) return nothing;
  try {
    const { kernels, devices } = JSON.parse(text) as Kept;
    return kernels === KERNELS_VERSION && devices.every((one) => typeof one.name === 'string' && isTuning(one.tuning)) ? { kernels, devices } : nothing;
  } catch {
    // A damaged file costs a second of measuring.
    return nothing;
  }
}

const within = (value: unknown, most: number) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;
const isTuning = ({ leastInvocations, mostCells, workgroupMemory }: Tuning) =>
  within(leastInvocations, 2 ** 20) && within(mostCells, MOST_CELLS) && typeof workgroupMemory === 'boolean';

export function memoryTunings(): TuningStore {
  let kept: string | null = null;
  return {
    load: async () => kept,
    async save(text) {
      kept = text;
    },
  };
}
