/**
 * Calls of a device that give no answer: a buffer that could not be made looks like any other, and work that names it is
 * left undone without a word. Error scopes round them say so later.
 */
export interface Scoped<T> {
  readonly made: T;
  /** What went wrong, in words, once the device has come so far; null where nothing did. Never rejects: a lost device tells of that itself. */
  readonly fault: Promise<string | null>;
}

/** `calls` wait for nothing: scopes are the device's, and others' calls must not come between. */
export function scopedCalls<T>(device: GPUDevice, calls: () => T): Scoped<T> {
  device.pushErrorScope('out-of-memory');
  device.pushErrorScope('validation');
  const told = () => device.popErrorScope().catch(() => null);
  let made: T;
  let invalid: Promise<GPUError | null>;
  let full: Promise<GPUError | null>;
  try {
    made = calls();
  } finally {
    invalid = told();
    full = told();
  }
  return { made, fault: inWords(full, invalid) };
}

/** What was invalid is so because of the memory that was not there. */
async function inWords(full: Promise<GPUError | null>, invalid: Promise<GPUError | null>): Promise<string | null> {
  const firstLine = (error: GPUError) => (error.message.split('\n')[0] ?? '').replace(/\.$/, '');
  const [noMemory, wrong] = await Promise.all([full, invalid]);
  if (noMemory) return `its memory is full (${firstLine(noMemory)}); close other pages and programs that use it`;
  return wrong && firstLine(wrong);
}

/** What `work` gives. Errors: what the device said of the calls that it came of, rather than what that led to; else the work's own. */
export async function unlessFault<T>(work: T | Promise<T>, faults: readonly Promise<string | null>[]): Promise<T> {
  const [done] = await Promise.allSettled([work]);
  const fault = (await Promise.all(faults)).find((one) => one !== null);
  if (fault !== undefined) throw new Error(`the graphics processor did not do what it was asked: ${fault}`);
  if (done.status === 'rejected') throw done.reason;
  return done.value;
}
