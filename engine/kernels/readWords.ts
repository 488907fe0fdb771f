/** Words of a buffer on the device, copied to the host in one go. */
import type { Bits } from '#engine/program/executor.ts';
import { COPY_DST, MAP_READ } from './bufferUsage.ts';

// Value of GPUMapMode by the WebGPU specification: Node has no globals for it.
const MODE_READ = 0x1;

/** Words of a buffer that lie together. */
export interface Stretch {
  readonly offset: number;
  readonly words: number;
}

/** One array a stretch. Errors: the device's, where it is lost. */
export async function readWords(device: GPUDevice, from: GPUBuffer, stretches: readonly Stretch[]): Promise<Bits[]> {
  const total = stretches.reduce((sum, { words }) => sum + words, 0);
  const staging = device.createBuffer({ size: Math.max(4, total * 4), usage: MAP_READ | COPY_DST });
  try {
    const encoder = device.createCommandEncoder();
    let at = 0;
    for (const { offset, words } of stretches) {
      encoder.copyBufferToBuffer(from, offset * 4, staging, at * 4, words * 4);
      at += words;
    }
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(MODE_READ);
    const read = new Uint32Array(staging.getMappedRange().slice(0));
    let start = 0;
    return stretches.map(({ words }) => read.slice(start, (start += words)));
  } finally {
    staging.destroy();
  }
}
