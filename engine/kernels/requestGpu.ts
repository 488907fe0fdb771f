/** Asks the browser for a WebGPU device with all the memory it will give, and says in plain words why there is none. */
import { MOST_BANKS } from './memoryBanks.ts';

export interface FoundGpu {
  readonly device: GPUDevice;
  /** `NVIDIA ampere`, `SwiftShader`: what the browser tells. */
  readonly name: string;
  readonly memoryBytes: number;
}

export class NoGpuError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NoGpuError';
  }
}

/** Errors: NoGpuError, with what would help. */
export async function requestGpu(gpu: Pick<GPU, 'requestAdapter'> | undefined): Promise<FoundGpu> {
  if (!gpu) {
    throw new NoGpuError(
      'This browser has no WebGPU. Chrome or Edge 113 and newer, Safari 26 and newer, and Firefox 141 and newer have it (on Linux it may have to be switched on in the settings). The page must be on https or localhost.',
    );
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter)
    throw new NoGpuError(
      "This browser knows WebGPU but found no usable graphics processor. Updating the graphics driver, or switching on hardware acceleration in the browser's settings, may help.",
    );
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
  const { vendor, architecture, device: model, description } = adapter.info;
  const name = description || [vendor, architecture, model].filter(Boolean).join(' ') || 'unnamed graphics processor';
  return { device, name, memoryBytes: Math.min(maxBufferSize, MOST_BANKS * maxStorageBufferBindingSize) };
}
