/** What a requestor chose as data, as columns of rows with a task and a fixed split: ready for `cutDataset`. */
import type { Hash, Task } from '#swarm/protocol/jobSpec.ts';
import type { DataSource } from '#web/tab/tabModel.ts';
import { DataError } from './dataError.ts';
import { fetchLink } from './fetchLink.ts';
import { readDigits } from './readDigits.ts';
import { picturesOf, readImages, unzipPictures } from './readImages.ts';
import { readTable } from './readTable.ts';
import { readText } from './readText.ts';
import type { Split } from './splitRows.ts';

export type Progress = (text: string, fraction: number) => void;

export interface ReadData extends Split {
  readonly task: Task;
  /** Where it came from, in words. */
  readonly source: string;
  /** Empty where the source names none: the form's licence then stands. */
  readonly licence: string;
}

export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

export interface ReadOptions {
  /** Tokens that a text model sees at once; 32 unless told. */
  readonly window?: number;
  /** Pictures are resized to this; 32 x 32 x 3 unless told. */
  readonly imageSize?: ImageSize;
  /** Bytes by SHA-256 from the mesh, for CIDs. */
  readonly getBlob?: (hash: Hash) => Promise<Uint8Array>;
  readonly onProgress?: Progress;
  readonly signal?: AbortSignal;
}

const DEFAULT_IMAGE: ImageSize = { height: 32, width: 32, channels: 3 };
const MAX_TEXT_BYTES = 256 * 1024 ** 2;

function requireSize(bytes: number, most: number, name: string): void {
  if (bytes > most) throw new DataError(`${name} has ${Math.round(bytes / 1024 ** 2)} MiB; at most ${most / 1024 ** 2} MiB can be read. Choose a part of it.`);
}

function decodeText(bytes: Uint8Array, name: string): string {
  requireSize(bytes.length, MAX_TEXT_BYTES, name);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new DataError(`${name} is not text in UTF-8. Save it as UTF-8 and choose it again.`);
  }
}

async function readFile(file: File | string, name: string): Promise<string> {
  if (typeof file === 'string') return file;
  requireSize(file.size, MAX_TEXT_BYTES, name);
  return decodeText(new Uint8Array(await file.arrayBuffer()), name);
}

/**
 * mnist: `image` u8 [784], `label` u8. text: `tokens` u8 [window + 1]. csv: `features` f32 [n], `label` i32 or `target` f32.
 * images: `image` u8 [h, w, c], `label` i32. Errors: DataError, meant to be shown as it is; the signal's reason.
 */
export async function readDataset(source: DataSource, options: ReadOptions = {}): Promise<ReadData> {
  const onProgress = options.onProgress ?? (() => undefined);
  const window = options.window ?? 32;
  const imageSize = options.imageSize ?? DEFAULT_IMAGE;
  switch (source.kind) {
    case 'mnist':
      return readDigits(onProgress);
    case 'text':
      return readText(await readFile(source.file, source.name), source.name, window);
    case 'csv':
      return readTable(await readFile(source.file, source.file.name), source.file.name, source.target);
    case 'images':
      return readImages(
        await picturesOf(source.files),
        source.files.length === 1 ? (source.files[0]?.name ?? 'pictures') : 'the chosen folder',
        imageSize,
        onProgress,
        options.signal,
      );
    case 'link': {
      const bytes = await fetchLink(source, options.getBlob, onProgress, options.signal);
      const name = source.address;
      if (source.format === 'csv') return readTable(decodeText(bytes, name), name, source.target);
      if (source.format === 'text') return readText(decodeText(bytes, name), name, window);
      return readImages(await unzipPictures(bytes, name), name, imageSize, onProgress, options.signal);
    }
  }
}
