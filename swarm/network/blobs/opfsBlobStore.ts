/** Blobs in the browser's private file system (OPFS): one file a blob, named by its hash. */
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { StoreFullError } from '../networkErrors.ts';
import type { BlobStore } from './blobStore.ts';
import { isHash } from './sha256.ts';

/** SHA-256 of no bytes: the only blob whose file may be empty. An interrupted write leaves an empty file. */
const EMPTY: Hash = '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** `folder` is a folder of OPFS, for example the one that `openTabBlobStore` makes. */
export function opfsBlobStore(folder: FileSystemDirectoryHandle): BlobStore {
  const fileOf = async (hash: Hash): Promise<File | null> => {
    try {
      const file = await (await folder.getFileHandle(hash.slice(2))).getFile();
      return file.size > 0 || hash === EMPTY ? file : null;
    } catch (error) {
      if (isNamed(error, 'NotFoundError')) return null;
      throw error;
    }
  };
  return {
    place: "this browser's storage",
    size: async (hash) => (await fileOf(hash))?.size ?? null,
    read: async (hash, start, end) => {
      const file = await fileOf(hash);
      return file && new Uint8Array(await file.slice(start, end).arrayBuffer());
    },
    write: async (hash, bytes) => {
      if (await fileOf(hash)) return;
      let writable: FileSystemWritableFileStream | undefined;
      try {
        const handle = await folder.getFileHandle(hash.slice(2), { create: true });
        // The bytes go to a swap file that replaces the empty one when closed.
        writable = await handle.createWritable();
        await writable.write(bytes as Uint8Array<ArrayBuffer>);
        await writable.close();
      } catch (error) {
        await writable?.abort().catch(() => {});
        // Another tab may have stored it meanwhile.
        if (!(await fileOf(hash))) await folder.removeEntry(hash.slice(2)).catch(() => {});
        if (isNamed(error, 'QuotaExceededError')) throw new StoreFullError(bytes.length, "this browser's storage for the site is full");
        throw error;
      }
    },
    remove: async (hash) => {
      try {
        await folder.removeEntry(hash.slice(2));
      } catch (error) {
        if (!isNamed(error, 'NotFoundError')) throw error;
      }
    },
    list: async () => {
      const found: Hash[] = [];
      for await (const name of folder.keys()) {
        const hash = `0x${name}`;
        if (isHash(hash) && (await fileOf(hash))) found.push(hash);
      }
      return found;
    },
  };
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
