/** Pictures in folders, a folder for each class, resized to one size. Needs a browser: it decodes the pictures. */
import { DataError } from './dataError.ts';
import type { ImageSize, Progress, ReadData } from './readDataset.ts';
import { splitRows } from './splitRows.ts';

const PICTURE = /\.(png|jpe?g|webp|gif|bmp|avif)$/i;
/** Of a zip, packed or not, and of all pixels: more than this is more than a tab should hold. */
const MAX_BYTES = 1024 ** 3;

export interface Picture {
  /** Path with folders, from the folder or zip that was chosen. */
  readonly path: string;
  readonly blob: Blob;
}

/** Pictures of a zip. Errors: DataError for a broken or an overlarge zip. */
export async function unzipPictures(bytes: Uint8Array, name: string): Promise<Picture[]> {
  const { unzipSync } = await import('fflate');
  let total = 0;
  let files: Record<string, Uint8Array<ArrayBuffer>>;
  try {
    files = unzipSync(bytes, {
      filter: (file) => {
        if (!isPicture(file.name)) return false;
        total += file.originalSize;
        if (total > MAX_BYTES) throw new DataError(`${name} unpacks to more than 1 GiB. Make the pictures smaller, or take fewer.`);
        return true;
      },
    });
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`${name} is not a zip that can be read (${error instanceof Error ? error.message : 'broken'}). Pack it again.`);
  }
  return Object.entries(files).map(([path, content]) => ({ path, blob: new Blob([content]) }));
}

/** Leaves out what packers add for themselves. */
function isPicture(path: string): boolean {
  return PICTURE.test(path) && !path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
}

/** Pictures of a chosen folder, or of the zips among the files. */
export async function picturesOf(files: readonly File[]): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const file of files) {
    const path = file.webkitRelativePath || file.name;
    if (/\.zip$/i.test(file.name) && file.size > MAX_BYTES) throw new DataError(`${file.name} is over 1 GiB. Make the pictures smaller, or take fewer.`);
    if (/\.zip$/i.test(file.name)) pictures.push(...(await unzipPictures(new Uint8Array(await file.arrayBuffer()), file.name)));
    else if (isPicture(path)) pictures.push({ path, blob: file });
  }
  return pictures;
}

/** The folder that a picture lies in: its class. */
export function classOf(path: string): string {
  const folder = path.split('/').at(-2);
  if (!folder) throw new DataError(`${path} lies in no folder. Put the pictures into one folder for each class.`);
  return folder;
}

/** Pixels of one picture, resized without keeping its proportions. */
async function decode(picture: Picture, size: ImageSize, context: OffscreenCanvasRenderingContext2D, target: Uint8Array): Promise<void> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(picture.blob, { resizeWidth: size.width, resizeHeight: size.height, resizeQuality: 'high' });
  } catch {
    throw new DataError(`${picture.path} cannot be read as a picture. Take it out, or save it as PNG or JPEG.`);
  }
  context.fillStyle = 'white';
  context.fillRect(0, 0, size.width, size.height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const rgba = context.getImageData(0, 0, size.width, size.height).data;
  for (let pixel = 0; pixel < size.width * size.height; pixel++) {
    const [red = 0, green = 0, blue = 0] = rgba.subarray(pixel * 4, pixel * 4 + 3);
    if (size.channels === 1) target[pixel] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
    else target.set([red, green, blue], pixel * 3);
  }
}

/** Columns: `image` u8 [height, width, channels], `label` i32. Errors: DataError naming the picture. */
export async function readImages(pictures: readonly Picture[], name: string, size: ImageSize, onProgress: Progress, signal?: AbortSignal): Promise<ReadData> {
  if (typeof createImageBitmap === 'undefined' || typeof OffscreenCanvas === 'undefined')
    throw new DataError('Pictures can only be read in a browser that has OffscreenCanvas. Use a current Chrome, Edge, Firefox or Safari.');
  const classes = [...new Set(pictures.map((picture) => classOf(picture.path)))].sort();
  if (classes.length < 2) throw new DataError(`${name} has ${pictures.length} pictures in ${classes.length} folders; at least two folders are needed, one for each class.`);
  // By path, so that the same folder gives the same rows whatever order the file system lists it in.
  const ordered = pictures.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const width = size.height * size.width * size.channels;
  if (ordered.length * width > MAX_BYTES)
    throw new DataError(`${ordered.length} pictures of ${size.width} x ${size.height} pixels are over 1 GiB. Take fewer, or give the model a smaller input.`);
  const data = new Uint8Array(ordered.length * width);
  const context = new OffscreenCanvas(size.width, size.height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new DataError('This browser gives no canvas to read pictures with. Close other tabs and try again.');
  for (const [k, picture] of ordered.entries()) {
    signal?.throwIfAborted();
    if (k % 50 === 0) onProgress(`Reading pictures: ${k} of ${ordered.length}`, k / ordered.length);
    await decode(picture, size, context, data.subarray(k * width, (k + 1) * width));
  }
  const label = Int32Array.from(ordered, (picture) => classes.indexOf(classOf(picture.path)));
  const columns = [
    { name: 'image', shape: [size.height, size.width, size.channels], data },
    { name: 'label', shape: [], data: label },
  ];
  return { task: { kind: 'images', ...size, classes }, ...splitRows(columns, ordered.length), source: name, licence: '' };
}
