import { createWebgpuExecutor } from '#engine/kernels/webgpuExecutor.ts';
import { trainTiny } from '../trainTiny.ts';

export async function trainOnGpu(rate: number) {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error('this browser gave no WebGPU adapter');
  const device = await adapter.requestDevice();
  try {
    return await trainTiny(createWebgpuExecutor({ device, deviceName: 'test' }), rate);
  } finally {
    device.destroy();
  }
}

Object.assign(window, { trainOnGpu });
