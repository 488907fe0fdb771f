/** Dawn in this process, on Chromium's SwiftShader, and with devices that are changed before they are used. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Rewritten } from './replaceText.ts';

const DRIVERS = ['/usr/lib/chromium/vk_swiftshader_icd.json'];

/** Adapters of Dawn. Its threads keep the process: end it by `process.exit`. Errors: names what is missing. */
export async function openDawn(): Promise<GPU> {
  const named = process.env['TUTTI_DAWN_ICD'];
  const driver = (named ? [named] : DRIVERS).find((path) => existsSync(path));
  if (!driver) throw new Error(`not found: ${named ?? DRIVERS.join(', ')}. Install Chromium, or set TUTTI_DAWN_ICD to a Vulkan driver's description.`);
  Object.assign(process.env, { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] ?? tmpdir() });
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([]);
  // The instance owns every device: it must outlive them.
  Object.assign(globalThis, { dawnInstance: gpu });
  return gpu;
}

/** The same adapters; `change` gets each device before anyone else. */
export function changedGpu(gpu: GPU, change: (device: GPUDevice) => void): Pick<GPU, 'requestAdapter'> {
  return {
    async requestAdapter(options) {
      const adapter = await gpu.requestAdapter(options);
      if (!adapter) throw new Error('Dawn has no adapter');
      const request = adapter.requestDevice.bind(adapter);
      adapter.requestDevice = async (descriptor) => {
        const device = await request(descriptor);
        change(device);
        return device;
      };
      return adapter;
    },
  };
}

/** Its devices compile what `rewrite` made of each shader. */
export function hostileGpu(gpu: GPU, rewrite: (code: string) => Rewritten): Pick<GPU, 'requestAdapter'> {
  return changedGpu(gpu, (device) => {
    const make = device.createShaderModule.bind(device);
    device.createShaderModule = (given) => make({ ...given, code: rewrite(given.code).code });
  });
}
