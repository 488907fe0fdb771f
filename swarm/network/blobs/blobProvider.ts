/** `/tutti/blob/1`, the side that asks: one stream to one peer that may have a blob. */
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { type Frames, frames } from '../frames.ts';
import { MalformedMessageError } from '../networkErrors.ts';
import { networkLimits as limits } from '../networkLimits.ts';
import { countTraffic, type Traffic } from '../traffic.ts';
import type { Wire } from '../wire.ts';
import { hashBytes, toHash } from '#swarm/protocol/hex.ts';
import { sha256 } from './sha256.ts';
import { BLOB_PROTOCOL, CHUNK, DESCRIBE, DESCRIPTION_BYTES, REQUEST_BYTES } from './serveBlobs.ts';

export interface BlobProvider {
  readonly peer: string;
  readonly size: number;
  readonly chunks: number;
  /** Providers with equal descriptions name the same bytes, chunk by chunk. */
  readonly description: Hash;
  /**
   * One chunk, checked against this provider's description. Chunks may be asked for without waiting; they arrive in
   * order. Errors: the stream broke, or `MalformedMessageError` when the bytes are not what was described.
   */
  chunk(index: number): Promise<Uint8Array>;
  close(): void;
}

/** Asks one peer for a blob's description; null when it says it has none. Errors: unreachable, or it talks nonsense. */
export async function openProvider(wire: Wire, traffic: Traffic, peer: string, hash: Hash, signal: AbortSignal): Promise<BlobProvider | null> {
  const stream = countTraffic(await wire.open(peer, BLOB_PROTOCOL, signal, true), traffic);
  const onAbort = () => stream.abort(signal.reason instanceof Error ? signal.reason : new Error('stopped'));
  signal.addEventListener('abort', onAbort, { once: true });
  const close = () => {
    signal.removeEventListener('abort', onAbort);
    void stream.close().catch(() => {});
  };
  const framed = frames(stream);
  const name = hashBytes(hash);
  try {
    signal.throwIfAborted();
    await framed.write(new Uint8Array([DESCRIBE]), name);
    const described = await readAnswer(framed, DESCRIPTION_BYTES);
    if (described === null) {
      close();
      return null;
    }
    const { size, chunkHashes } = parseDescription(described);
    let last: Promise<unknown> = Promise.resolve();
    return {
      peer,
      size,
      chunks: chunkHashes.length,
      description: await sha256(described),
      chunk: (index) => {
        const request = new Uint8Array(REQUEST_BYTES);
        request[0] = CHUNK;
        request.set(name, 1);
        new DataView(request.buffer).setUint32(33, index);
        const asked = framed.write(request);
        const arrived = last.then(async () => {
          await asked;
          return readChunk(framed, size, index, chunkHashes[index]);
        });
        last = arrived.catch(() => {});
        return arrived;
      },
      close,
    };
  } catch (error) {
    signal.removeEventListener('abort', onAbort);
    stream.abort(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

async function readChunk(framed: Frames, size: number, index: number, expected: Hash | undefined): Promise<Uint8Array> {
  const bytes = await readAnswer(framed, 1 + limits.blobChunkBytes);
  const length = Math.min(limits.blobChunkBytes, size - index * limits.blobChunkBytes);
  if (bytes === null) throw new MalformedMessageError(`it described chunk ${index} and then said it has none`);
  if (bytes.length !== length) throw new MalformedMessageError(`chunk ${index} came with ${bytes.length} bytes instead of ${length}`);
  if ((await sha256(bytes)) !== expected) throw new MalformedMessageError(`chunk ${index} is corrupted`);
  return bytes;
}

/** The answer's body, or null for a refusal. */
async function readAnswer(framed: Frames, limitBytes: number): Promise<Uint8Array | null> {
  const frame = await framed.read(limitBytes);
  if (frame === null || frame.length === 0) throw new MalformedMessageError('it closed without an answer');
  return frame[0] === 0 ? frame.subarray(1) : null;
}

function parseDescription(bytes: Uint8Array): { readonly size: number; readonly chunkHashes: readonly Hash[] } {
  if (bytes.length < 8) throw new MalformedMessageError(`a description of ${bytes.length} bytes`);
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0));
  const chunks = Math.ceil(size / limits.blobChunkBytes);
  if (size > limits.blobBytes) throw new MalformedMessageError(`it described ${size} bytes; at most ${limits.blobBytes} are taken`);
  if (bytes.length !== 8 + 32 * chunks) throw new MalformedMessageError(`its description of ${size} bytes has the wrong length`);
  return { size, chunkHashes: Array.from({ length: chunks }, (_, chunk) => toHash(bytes.subarray(8 + 32 * chunk, 40 + 32 * chunk))) };
}
