/** Makes pictures as a person's folder would hold them, and reads them as the posting form does. */
import { zipSync } from 'fflate';
import { type ImageSize, readDataset } from '#web/data/readDataset.ts';

async function picture(colour: string, width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.fillStyle = colour;
  context.fillRect(0, 0, width, height);
  return new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
}

async function files(): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  const all: Record<string, Uint8Array<ArrayBuffer>> = {};
  for (let k = 0; k < 6; k++) {
    all[`set/red/${k}.png`] = await picture('rgb(200, 10, 20)', 20 + k, 30);
    all[`set/blue/${k}.png`] = await picture('rgb(0, 30, 250)', 40, 10 + k);
  }
  return all;
}

function inFolder(path: string, bytes: Uint8Array<ArrayBuffer>): File {
  const file = new File([bytes], path.split('/').at(-1) ?? path);
  Object.defineProperty(file, 'webkitRelativePath', { value: path });
  return file;
}

export async function readPictures(how: 'zip' | 'folder', imageSize: ImageSize, broken: boolean) {
  const all = await files();
  if (broken) all['set/red/9.png'] = Uint8Array.of(1, 2, 3);
  const chosen =
    how === 'zip'
      ? [new File([zipSync(all)], 'pets.zip')]
      : Object.entries(all)
          .map(([path, bytes]) => inFolder(path, bytes))
          .reverse();
  try {
    const { task, train, test } = await readDataset({ kind: 'images', files: chosen }, { imageSize });
    const plain = (columns: typeof train | null) => columns?.map(({ name, shape, data }) => ({ name, shape, data: [...data] })) ?? null;
    return { task, train: plain(train), test: plain(test), error: null };
  } catch (error) {
    return { task: null, train: null, test: null, error: String(error) };
  }
}

Object.assign(window, { readPictures });
