import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { frames } from './frames.ts';
import { MalformedMessageError } from './networkErrors.ts';
import type { ByteStream } from './wire.ts';

/** Gives `bytes` in pieces cut at `cuts`, then ends, or hangs. */
function source(bytes: Uint8Array, cuts: readonly number[], hang = false): ByteStream {
  const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
  const pieces = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
  return {
    read: async () => pieces.shift() ?? (hang ? new Promise<null>(() => {}) : null),
    write: async () => {},
    close: async () => {},
    abort: () => {},
  };
}

async function encode(messages: readonly Uint8Array[]): Promise<Uint8Array> {
  const written: Uint8Array[] = [];
  const framed = frames({ ...source(new Uint8Array(), []), write: async (bytes) => void written.push(bytes) });
  for (const message of messages) await framed.write(message.subarray(0, 1), message.subarray(1));
  return Buffer.concat(written);
}

describe('frames', () => {
  test('however the bytes are cut, the frames come back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 6 }), fc.array(fc.nat(300), { maxLength: 12 }), async (messages, cuts) => {
        const framed = frames(source(await encode(messages), cuts));
        for (const message of messages) expect(await framed.read(50)).toEqual(new Uint8Array(message));
        expect(await framed.read(50)).toBeNull();
      }),
    );
  });

  test('any bytes at all give frames within the limit, an end, or a MalformedMessageError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), fc.array(fc.nat(64), { maxLength: 5 }), async (bytes, cuts) => {
        const framed = frames(source(bytes, cuts));
        let taken = 0;
        try {
          for (let frame = await framed.read(16); frame !== null; frame = await framed.read(16)) {
            expect(frame.length).toBeLessThanOrEqual(16);
            taken += 4 + frame.length;
          }
          expect(taken).toBe(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessageError);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('one bit of a length too many is refused before any of it is waited for', async () => {
    const framed = frames(source(new Uint8Array([0, 0, 0, 17]), [], true));
    await expect(framed.read(16)).rejects.toThrow('a frame of 17 bytes is over the limit of 16');
  });

  test('a sender that stops half way is given up, with what was waited for', async () => {
    const framed = frames(source(new Uint8Array([0, 0, 0, 9, 1, 2]), [], true), 20);
    await expect(framed.read(16)).rejects.toThrow('waited 20 ms for a frame');
  });

  test('a frame written by hand', async () => {
    expect([...(await encode([Uint8Array.of(7, 8)]))]).toEqual([0, 0, 0, 2, 7, 8]);
  });
});
