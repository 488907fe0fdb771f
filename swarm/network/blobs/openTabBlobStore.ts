/** The tab's store: OPFS with memory for what no longer fits, or memory alone where the browser has no OPFS. */
import type { StoreFullError } from '../networkErrors.ts';
import type { BlobStore } from './blobStore.ts';
import { memoryBlobStore } from './memoryBlobStore.ts';
import { opfsBlobStore } from './opfsBlobStore.ts';
import { overflowBlobStore } from './overflowBlobStore.ts';

const FOLDER = 'tutti-blobs';
const MEMORY_BYTES = 1024 * 1024 * 1024;

export async function openTabBlobStore(onFull: (error: StoreFullError) => void = () => {}): Promise<BlobStore> {
  const canWrite = typeof FileSystemFileHandle !== 'undefined' && 'createWritable' in FileSystemFileHandle.prototype;
  if (!canWrite || typeof navigator.storage?.getDirectory !== 'function') return memoryBlobStore(MEMORY_BYTES);
  try {
    const root = await navigator.storage.getDirectory();
    return overflowBlobStore(opfsBlobStore(await root.getDirectoryHandle(FOLDER, { create: true })), onFull);
  } catch {
    // Private windows of some browsers have the API and refuse to use it.
    return memoryBlobStore(MEMORY_BYTES);
  }
}
