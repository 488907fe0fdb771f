/** Words of a buffer on the device, copied to the host in one go. */
import type { Bits } from '#engine/program/executor.ts';
import { COPY_DST, MAP_READ, MODE_READ } from './bufferUsage.ts';
import { scopedCalls, unlessFault } from './scopedCalls.ts';

/** A larger buffer is not kept for the next time: memory is dearer then than making another. */
const MOST_KEPT_BYTES = 2 ** 25;

/** Words of a buffer that lie together. */
export interface Stretch {
  readonly offset: number;
  readonly words: number;
}

/** Reads again and again, through buffers that it keeps: making one takes about as long as reading it. */
export class WordReader {
  private readonly device: GPUDevice;
  private readonly free: GPUBuffer[] = [];

  constructor(device: GPUDevice) {
    this.device = device;
  }

  /** What `take` makes of the words of each stretch, which are there only while it runs. The copy is submitted at once. Errors: the device's, where it is lost or has no memory. */
  async read<T>(from: GPUBuffer, stretches: readonly Stretch[], take: (words: Bits) => T): Promise<T[]> {
    const { made: staging, fault } = scopedCalls(this.device, () => this.submitCopy(from, stretches));
    let kept = false;
    try {
      await unlessFault(staging.mapAsync(MODE_READ), [fault]);
      const mapped = new Uint32Array(staging.getMappedRange());
      let start = 0;
      const taken = stretches.map(({ words }) => take(mapped.subarray(start, (start += words))));
      staging.unmap();
      kept = staging.size <= MOST_KEPT_BYTES;
      return taken;
    } finally {
      if (kept) this.free.push(staging);
      else staging.destroy();
    }
  }

  private submitCopy(from: GPUBuffer, stretches: readonly Stretch[]): GPUBuffer {
    const bytes = stretches.reduce((sum, { words }) => sum + words, 0) * 4;
    const staging = this.stagingOf(Math.max(4, bytes));
    const encoder = this.device.createCommandEncoder();
    let at = 0;
    for (const { offset, words } of stretches) {
      encoder.copyBufferToBuffer(from, offset * 4, staging, at, words * 4);
      at += words * 4;
    }
    this.device.queue.submit([encoder.finish()]);
    return staging;
  }

  private stagingOf(bytes: number): GPUBuffer {
    const at = this.free.findIndex(({ size }) => size >= bytes);
    return this.free.splice(at, at < 0 ? 0 : 1)[0] ?? this.device.createBuffer({ size: bytes, usage: MAP_READ | COPY_DST });
  }

  /** When all reads are done. */
  dispose(): void {
    for (const buffer of this.free.splice(0)) buffer.destroy();
  }
}
