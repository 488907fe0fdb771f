/** Rounds in progress in the browser's private file system (OPFS): one file each, bounded in number and bytes, oldest out first. */
import type { RoundShelf } from '#swarm/training/roundShelf.ts';

const FOLDER = 'tutti-rounds';
/** Tabs of one browser share the folder; each has a round or two in progress. */
const MOST_FILES = 64;
const MOST_BYTES = 1024 ** 3;

/** Null where this browser has no such storage: a reload then begins the round again. */
export async function openOpfsShelf(): Promise<RoundShelf | null> {
  const canWrite = typeof FileSystemFileHandle !== 'undefined' && 'createWritable' in FileSystemFileHandle.prototype;
  if (!canWrite || typeof navigator.storage?.getDirectory !== 'function') return null;
  try {
    const root = await navigator.storage.getDirectory();
    return shelfIn(await root.getDirectoryHandle(FOLDER, { create: true }));
  } catch {
    // Private windows of some browsers have the API and refuse to use it.
    return null;
  }
}

function shelfIn(folder: FileSystemDirectoryHandle): RoundShelf {
  const remove = async (name: string) => {
    await folder.removeEntry(name).catch((error: unknown) => {
      if (!(error instanceof Error && error.name === 'NotFoundError')) throw error;
    });
  };
  return {
    async put(name, bytes) {
      await makeRoom(folder, name, bytes.length);
      const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
      try {
        // The bytes go to a swap file that replaces the old one when closed.
        await writable.write(bytes);
        await writable.close();
      } catch (error) {
        await writable.abort().catch(() => undefined);
        throw error;
      }
    },
    async get(name) {
      try {
        return new Uint8Array(await (await (await folder.getFileHandle(name)).getFile()).arrayBuffer());
      } catch {
        return null;
      }
    },
    remove,
  };
}

/** Tabs that never came back leave files behind. Errors: the round alone is over the limit. */
async function makeRoom(folder: FileSystemDirectoryHandle, name: string, size: number): Promise<void> {
  if (size > MOST_BYTES) throw new Error(`a state of ${size} bytes is over the ${MOST_BYTES} that are kept for rounds in progress`);
  const others: { readonly name: string; readonly size: number; readonly changed: number }[] = [];
  for await (const handle of folder.values()) {
    if (handle.kind !== 'file' || handle.name === name) continue;
    const file = await (handle as FileSystemFileHandle).getFile();
    others.push({ name: file.name, size: file.size, changed: file.lastModified });
  }
  others.sort((a, b) => a.changed - b.changed);
  let bytes = others.reduce((sum, file) => sum + file.size, size);
  for (let left = others.length; left > 0 && (bytes > MOST_BYTES || left >= MOST_FILES); left--) {
    const oldest = others[others.length - left];
    if (!oldest) return;
    bytes -= oldest.size;
    // Another tab may have removed it meanwhile.
    await folder.removeEntry(oldest.name).catch(() => undefined);
  }
}
