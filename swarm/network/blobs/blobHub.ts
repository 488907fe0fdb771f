/** A place that keeps blobs for everybody, outside peers' streams: a relay's HTTP door, or a store in tests. */
import type { Hash } from '#swarm/protocol/jobSpec.ts';

export interface BlobHub {
  readonly name: string;
  /** The bytes as the hub gives them, unchecked; null when it has none. Errors: it cannot be reached. */
  get(hash: Hash, onProgress: (done: number, total: number) => void, signal: AbortSignal): Promise<Uint8Array | null>;
  /** Errors: it cannot be reached, or refuses (full, too large), with its reason. */
  put(hash: Hash, bytes: Uint8Array): Promise<void>;
}
