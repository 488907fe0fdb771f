/**
 * `/tutti/blob/1`, the side that has the bytes. Requests are frames: kind, hash, and for a chunk its index.
 *   describe (0): answers `00 | size u64 | SHA-256 of each chunk`, or `01 | reason`.
 *   chunk (1): answers `00 | bytes`, or `01 | reason`.
 * Chunks are `networkLimits.blobChunkBytes` long, the last one shorter.
 */
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { frames } from '../frames.ts';
import { MalformedMessageError } from '../networkErrors.ts';
import { networkLimits as limits } from '../networkLimits.ts';
import { countTraffic, type Traffic } from '../traffic.ts';
import type { Wire } from '../wire.ts';
import type { BlobStore } from './blobStore.ts';
import { hashBytes, toHash } from '#swarm/protocol/hex.ts';
import { sha256 } from './sha256.ts';

export const BLOB_PROTOCOL = '/tutti/blob/1';
export const DESCRIBE = 0;
export const CHUNK = 1;
export const REQUEST_BYTES = 1 + 32 + 4;
export const DESCRIPTION_BYTES = 1 + 8 + 32 * Math.ceil(limits.blobBytes / limits.blobChunkBytes);

const OK = new Uint8Array([0]);
const NO = new Uint8Array([1]);
/** Chunk hashes of this many blobs are remembered. */
const DESCRIPTIONS = 256;

/** Returns what stops serving. */
export function serveBlobs(wire: Wire, store: BlobStore, traffic: Traffic): () => void {
  const described = new Map<Hash, Promise<Uint8Array | null>>();
  const describe = (hash: Hash) => {
    const known = described.get(hash);
    if (known) return known;
    const description = describeBlob(store, hash);
    described.set(hash, description);
    // What is absent now, or could not be read, may be there later.
    description.then(
      (found) => found ?? described.delete(hash),
      () => described.delete(hash),
    );
    const oldest = described.size > DESCRIPTIONS ? described.keys().next().value : undefined;
    if (oldest) described.delete(oldest);
    return description;
  };

  return wire.handle(BLOB_PROTOCOL, async (raw) => {
    const stream = countTraffic(raw, traffic);
    const framed = frames(stream);
    try {
      for (let request = await framed.read(REQUEST_BYTES); request !== null; request = await framed.read(REQUEST_BYTES)) {
        const answer = await answerRequest(store, describe, request);
        if (answer) await framed.write(OK, answer);
        else await framed.write(NO, new TextEncoder().encode('not here'));
      }
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error;
      await framed.write(NO, new TextEncoder().encode(error.message));
    }
    await stream.close();
  });
}

async function answerRequest(store: BlobStore, describe: (hash: Hash) => Promise<Uint8Array | null>, request: Uint8Array): Promise<Uint8Array | null> {
  const kind = request[0];
  if (kind === DESCRIBE && request.length === 33) return describe(toHash(request.subarray(1)));
  if (kind === CHUNK && request.length === REQUEST_BYTES) {
    const index = new DataView(request.buffer, request.byteOffset).getUint32(33);
    const start = index * limits.blobChunkBytes;
    const bytes = await store.read(toHash(request.subarray(1, 33)), start, start + limits.blobChunkBytes);
    return bytes && (bytes.length > 0 || index === 0) ? bytes : null;
  }
  throw new MalformedMessageError(`a blob request of kind ${kind} with ${request.length} bytes is none that is known`);
}

/** Size and chunk hashes, read chunk by chunk so that a large blob never stands in memory for this. */
async function describeBlob(store: BlobStore, hash: Hash): Promise<Uint8Array | null> {
  const size = await store.size(hash);
  if (size === null) return null;
  const chunks = Math.ceil(size / limits.blobChunkBytes);
  const description = new Uint8Array(8 + 32 * chunks);
  new DataView(description.buffer).setBigUint64(0, BigInt(size));
  for (let chunk = 0; chunk < chunks; chunk++) {
    const bytes = await store.read(hash, chunk * limits.blobChunkBytes, (chunk + 1) * limits.blobChunkBytes);
    if (bytes === null) return null;
    description.set(hashBytes(await sha256(bytes)), 8 + 32 * chunk);
  }
  return description;
}
