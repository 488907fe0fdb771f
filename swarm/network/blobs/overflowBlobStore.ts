/** A store that goes on in memory when its disk is full: what is in use now stays usable, and the person is told. */
import { StoreFullError } from '../networkErrors.ts';
import type { BlobStore } from './blobStore.ts';
import { memoryBlobStore } from './memoryBlobStore.ts';

const OVERFLOW_BYTES = 512 * 1024 * 1024;

/** `onFull` gets the disk's error each time a blob goes to memory. Errors of `write`: memory is full as well. */
export function overflowBlobStore(disk: BlobStore, onFull: (error: StoreFullError) => void, overflowBytes: number = OVERFLOW_BYTES): BlobStore {
  const memory = memoryBlobStore(overflowBytes);
  return {
    place: disk.place,
    size: async (hash) => (await memory.size(hash)) ?? disk.size(hash),
    read: async (hash, start, end) => (await memory.read(hash, start, end)) ?? disk.read(hash, start, end),
    write: async (hash, bytes) => {
      try {
        await disk.write(hash, bytes);
      } catch (error) {
        if (!(error instanceof StoreFullError)) throw error;
        await memory.write(hash, bytes);
        onFull(error);
      }
    },
    remove: async (hash) => {
      await memory.remove(hash);
      await disk.remove(hash);
    },
    list: async () => [...new Set([...(await disk.list()), ...(await memory.list())])],
  };
}
