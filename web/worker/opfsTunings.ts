/** What was measured of this browser's devices, as one file in its private file system (OPFS). */
import type { TuningStore } from '#engine/kernels/rememberedTuning.ts';

const FILE = 'tutti-tunings.json';

/** Where the browser has no such storage, or refuses it, nothing is kept. */
export function opfsTunings(): TuningStore {
  const file = async (create: boolean) => (await navigator.storage.getDirectory()).getFileHandle(FILE, { create });
  return {
    async load() {
      try {
        return await (await (await file(false)).getFile()).text();
      } catch {
        return null;
      }
    },
    async save(text) {
      try {
        const writable = await (await file(true)).createWritable();
        await writable.write(text);
        await writable.close();
      } catch {
        // It is measured again next time.
      }
    },
  };
}
