/** Whether a device's states are hashed on it or, read back, on the CPU: what is faster there by measurement, once it is known to be right. */
import { tensorRoot } from '#engine/program/tensorRoot.ts';
import { COPY_DST, COPY_SRC, STORAGE } from './bufferUsage.ts';
import { SUBMISSION_MS } from './cutSubmissions.ts';
import { scopedCalls, unlessFault } from './scopedCalls.ts';
import { compileHash, type HashKernel, TensorHasher } from './tensorHasher.ts';
import { WordReader } from './wordReader.ts';

export type Hasher = 'gpu' | 'cpu';

export interface HasherChoice {
  readonly hasher: Hasher;
  /** To get the roots of 1 MiB that lies on the device, of several asked for at once: made there; and read back and made on the CPU. */
  readonly gpuMs: number | null;
  readonly cpuMs: number;
  /** In words: why the device's hashes can't be used. */
  readonly fault: string | null;
  /** To hash on the device, with the SHA-256 blocks that it does in one submission; null where it can't. */
  readonly onGpu: { readonly kernel: HashKernel; readonly mostBlocks: number } | null;
}

const TRIAL_WORDS = 2 ** 18;
/** Leaves and levels of every shape, and then the bulk. */
const TRIAL_ODD = [1, 255, 257, 513, 65_539];
/** Asked for at once, as nobody waits for one before going on: Firefox tells of what is done every 100 ms only. */
const TRIALS = 8;
/** SHA-256 blocks that a software GPU does in the time of a submission. */
const BLOCKS_AT_FIRST = 2 ** 15;
/** Even on a slow device: of still fewer, submitting them would be the work. */
const LEAST_BLOCKS = 2 ** 12;

/** Errors: the device's, where it is lost or has no memory. */
export async function chooseHasher(device: GPUDevice): Promise<HasherChoice> {
  const sizes = [...TRIAL_ODD, TRIAL_WORDS - TRIAL_ODD.reduce((sum, words) => sum + words, 0)];
  let at = 0;
  const stretches = sizes.map((words) => ({ offset: (at += words) - words, words }));
  const { made: buffer, fault } = scopedCalls(device, () => {
    const trial = device.createBuffer({ size: TRIAL_WORDS * 4, usage: STORAGE | COPY_SRC | COPY_DST });
    const words = Uint32Array.from({ length: TRIAL_WORDS }, (_, k) => Math.imul(k + 1, 0x9e3779b1));
    device.queue.writeBuffer(trial, 0, words);
    return trial;
  });
  try {
    await unlessFault(undefined, [fault]);
    const reader = new WordReader(device);
    const cpu = await timeAtOnce(() => reader.read(buffer, stretches, tensorRoot)).finally(() => reader.dispose());
    const onCpu = (fault: string, gpuMs: number | null): HasherChoice => ({ hasher: 'cpu', gpuMs, cpuMs: cpu.ms, fault, onGpu: null });
    const kernel = await compileHash(device).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    if (typeof kernel === 'string') return onCpu(`the shader does not compile: ${kernel}`, null);
    const trial = new TensorHasher(kernel, buffer, stretches, BLOCKS_AT_FIRST);
    const gpu = await timeAtOnce(() => trial.roots()).finally(() => trial.dispose());
    const wrong = gpu.roots.filter((root, k) => root.some((byte, place) => byte !== cpu.roots[k]?.[place])).length;
    if (wrong > 0) return onCpu(`${wrong} of ${sizes.length} hashes differ from the processor's`, gpu.ms);
    const mostBlocks = Math.max(LEAST_BLOCKS, Math.floor((trial.blocks * SUBMISSION_MS) / gpu.ms));
    return { hasher: gpu.ms < cpu.ms ? 'gpu' : 'cpu', gpuMs: gpu.ms, cpuMs: cpu.ms, fault: null, onGpu: { kernel, mostBlocks } };
  } finally {
    buffer.destroy();
  }
}

/** Milliseconds of each. The first time warms up, and is not counted. */
async function timeAtOnce(hash: () => Promise<Uint8Array[]>): Promise<{ ms: number; roots: Uint8Array[] }> {
  const roots = await hash();
  const began = performance.now();
  await Promise.all(Array.from({ length: TRIALS }, hash));
  // Browsers round their clocks.
  return { ms: Math.max(performance.now() - began, 0.01) / TRIALS, roots };
}
