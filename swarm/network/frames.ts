/** Length-prefixed frames (u32, big endian) over a stream of bytes, with limits on size and waiting. */
import { MalformedMessageError, MessageTooLargeError } from './networkErrors.ts';
import { networkLimits } from './networkLimits.ts';
import type { ByteStream } from './wire.ts';

export interface Frames {
  /**
   * The next frame, or null at a clean end. Errors: `MalformedMessageError` (longer than `limitBytes`, or cut off
   * inside a frame); another Error when the stream broke, or the other side took longer than the timeout.
   */
  read(limitBytes: number): Promise<Uint8Array | null>;
  write(...parts: readonly Uint8Array[]): Promise<void>;
}

export function frames(stream: ByteStream, timeoutMs: number = networkLimits.frameTimeoutMs): Frames {
  let rest: Uint8Array = new Uint8Array(0);

  /** Fills a new buffer of `length` bytes; null if the stream ends before its first byte. */
  const take = async (length: number, what: string, mayEnd: boolean): Promise<Uint8Array | null> => {
    const taken = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      if (rest.length === 0) {
        const more = await within(stream.read(), timeoutMs, what);
        if (more === null) {
          if (mayEnd && filled === 0) return null;
          throw new MalformedMessageError(`the stream ended inside ${what}: ${filled} of ${length} bytes`);
        }
        rest = more;
        continue;
      }
      const part = rest.subarray(0, length - filled);
      taken.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
    }
    return taken;
  };

  return {
    read: async (limitBytes) => {
      const head = await take(4, 'a frame length', true);
      if (head === null) return null;
      const length = new DataView(head.buffer).getUint32(0);
      if (length > limitBytes) throw new MalformedMessageError(`a frame of ${length} bytes is over the limit of ${limitBytes}`);
      return take(length, 'a frame', false);
    },
    write: async (...parts) => {
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      if (length > 0xffffffff) throw new MessageTooLargeError('a frame', length, 0xffffffff);
      const whole = new Uint8Array(4 + length);
      new DataView(whole.buffer).setUint32(0, length);
      let at = 4;
      for (const part of parts) {
        whole.set(part, at);
        at += part.length;
      }
      await within(stream.write(whole), timeoutMs, 'the other side to take a frame');
    },
  };
}

/** Rejects when `promise` takes longer than `timeoutMs`; the promise itself is not cancelled. */
async function within<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${timeoutMs} ms for ${what}`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
