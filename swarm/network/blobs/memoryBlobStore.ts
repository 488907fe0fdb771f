/** Blobs in memory, up to a limit. */
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { StoreFullError } from '../networkErrors.ts';
import type { BlobStore } from './blobStore.ts';

export function memoryBlobStore(limitBytes: number = Number.POSITIVE_INFINITY): BlobStore {
  const blobs = new Map<Hash, Uint8Array>();
  let usedBytes = 0;
  return {
    place: 'memory',
    size: async (hash) => blobs.get(hash)?.length ?? null,
    read: async (hash, start, end) => blobs.get(hash)?.slice(start, end) ?? null,
    write: async (hash, bytes) => {
      if (blobs.has(hash)) return;
      if (usedBytes + bytes.length > limitBytes) throw new StoreFullError(bytes.length, `${limitBytes - usedBytes} bytes of memory are left`);
      usedBytes += bytes.length;
      blobs.set(hash, bytes.slice());
    },
    remove: async (hash) => {
      usedBytes -= blobs.get(hash)?.length ?? 0;
      blobs.delete(hash);
    },
    list: async () => [...blobs.keys()],
  };
}
