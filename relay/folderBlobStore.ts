/** Blobs in a folder, one file each, named by their hash. A file appears whole or not at all. */
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '#swarm/network/blobs/blobStore.ts';
import { isHash } from '#swarm/network/blobs/sha256.ts';
import { StoreFullError } from '#swarm/network/networkErrors.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';

export interface FolderBlobStore extends BlobStore {
  /** Where a hash's bytes are, or null. */
  path(hash: Hash): Promise<string | null>;
  /**
   * Keeps what `source` yields under `hash`, which `finish` must confirm after the last byte: it gets the number of
   * bytes and throws if they are not to be kept. Errors: those of `source` and `finish`, `StoreFullError`.
   */
  writeStream(hash: Hash, source: AsyncIterable<Uint8Array>, finish: (bytes: number) => void): Promise<void>;
  usedBytes(): number;
}

/** `quotaBytes` bounds the sum of all blobs. Makes the folder, and removes what an earlier crash left half written. */
export async function folderBlobStore(folder: string, quotaBytes: number = Number.POSITIVE_INFINITY): Promise<FolderBlobStore> {
  await mkdir(folder, { recursive: true });
  let usedBytes = 0;
  let parts = 0;
  for (const name of await readdir(folder)) {
    if (name.endsWith('.part')) await rm(join(folder, name), { force: true });
    else if (isHash(`0x${name}`)) usedBytes += (await stat(join(folder, name))).size;
  }
  const pathOf = (hash: Hash) => join(folder, hash.slice(2));
  const size = async (hash: Hash): Promise<number | null> => {
    try {
      return (await stat(pathOf(hash))).size;
    } catch (error) {
      if (isCode(error, 'ENOENT')) return null;
      throw error;
    }
  };

  const writeStream: FolderBlobStore['writeStream'] = async (hash, source, finish) => {
    const part = join(folder, `${hash.slice(2)}.${process.pid}-${parts++}.part`);
    let reserved = 0;
    const file = await open(part, 'wx');
    try {
      for await (const bytes of source) {
        if (usedBytes + bytes.length > quotaBytes) throw new StoreFullError(reserved + bytes.length, `the quota of ${quotaBytes} bytes is used up`);
        usedBytes += bytes.length;
        reserved += bytes.length;
        await file.writeFile(bytes);
      }
      await file.sync();
      finish(reserved);
      await file.close();
      // Two uploads of the same blob: the second replaces equal bytes, and counts once.
      if ((await size(hash)) !== null) usedBytes -= reserved;
      await rename(part, pathOf(hash));
    } catch (error) {
      usedBytes -= reserved;
      await file.close().catch(() => {});
      await rm(part, { force: true });
      if (isCode(error, 'ENOSPC') || isCode(error, 'EDQUOT')) throw new StoreFullError(reserved, `the disk of ${folder} is full`);
      throw error;
    }
  };

  return {
    place: folder,
    size,
    path: async (hash) => ((await size(hash)) === null ? null : pathOf(hash)),
    usedBytes: () => usedBytes,
    read: async (hash, start, end) => {
      const total = await size(hash);
      if (total === null) return null;
      const bytes = new Uint8Array(Math.max(0, Math.min(end, total) - start));
      const file = await open(pathOf(hash));
      try {
        await file.read(bytes, 0, bytes.length, start);
      } finally {
        await file.close();
      }
      return bytes;
    },
    write: async (hash, bytes) => {
      if ((await size(hash)) !== null) return;
      await writeStream(
        hash,
        (async function* () {
          yield bytes;
        })(),
        () => {},
      );
    },
    writeStream,
    remove: async (hash) => {
      const bytes = await size(hash);
      if (bytes === null) return;
      await rm(pathOf(hash), { force: true });
      usedBytes -= bytes;
    },
    list: async () => (await readdir(folder)).map((name) => `0x${name}`).filter(isHash),
  };
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
