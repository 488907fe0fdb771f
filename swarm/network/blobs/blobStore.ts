/** Where a node keeps blobs. OPFS in tabs, a folder in Node, memory in tests: one suite (`testing/blobStoreSuite.ts`) for all. */
import type { Hash } from '#swarm/protocol/jobSpec.ts';

export interface BlobStore {
  /** What the bytes are kept on, for people: `this browser's storage`, `memory`, a folder's path. */
  readonly place: string;
  /** Length in bytes, or null when it is not here. */
  size(hash: Hash): Promise<number | null>;
  /** Bytes from `start` (inclusive) to `end` (exclusive), cut at the blob's end; null when it is not here. */
  read(hash: Hash, start: number, end: number): Promise<Uint8Array | null>;
  /**
   * Keeps the bytes, whose hash the caller has checked. All or nothing: a crash or a full disk leaves no part of it.
   * Errors: `StoreFullError`.
   */
  write(hash: Hash, bytes: Uint8Array): Promise<void>;
  remove(hash: Hash): Promise<void>;
  list(): Promise<readonly Hash[]>;
}
