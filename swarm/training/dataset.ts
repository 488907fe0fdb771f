/** A dataset as rows in content-addressed chunks (SPEC H6): cutting it, and reading rows of it lazily and verified. */
import { sha256 } from '#engine/program/sha256.ts';
import { bitsToBytes } from '#engine/program/bitsToBytes.ts';
import { merkleRoot } from '#engine/program/merkle.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import type { DatasetManifest, Hash } from '#swarm/protocol/jobSpec.ts';
import { columnBytes, columnElements, encodeDatasetManifest, rowBytes } from '#swarm/protocol/parseDatasetManifest.ts';
import { MAX_ROWS_PER_CHUNK } from '#swarm/protocol/limits.ts';
import { ProtocolError } from '#swarm/protocol/protocolError.ts';

/** One column of all rows, row-major. The array type is the column's dtype. */
export interface ColumnData {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array | Float32Array | Int32Array;
}

export interface CutDataset {
  readonly manifest: DatasetManifest;
  readonly manifestBytes: Uint8Array<ArrayBuffer>;
  readonly manifestHash: Hash;
  /** In the order of `manifest.chunks`. */
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
}

const CHUNK_TARGET_BYTES = 256 * 1024;

function dtypeOf(data: ColumnData['data']): 'u8' | 'f32' | 'i32' {
  return data instanceof Uint8Array ? 'u8' : data instanceof Float32Array ? 'f32' : 'i32';
}

function rowCount(columns: readonly ColumnData[]): number {
  const counts = columns.map((column) => column.data.length / columnElements(column.shape));
  const rows = counts[0] ?? 0;
  if (rows === 0) throw new ProtocolError('the dataset has no rows');
  columns.forEach((column, k) => {
    if (counts[k] !== rows) throw new ProtocolError(`column ${column.name} has ${counts[k]} rows, column ${columns[0]?.name} has ${rows}`);
    if (!(column.data instanceof Float32Array)) return;
    const bad = column.data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new ProtocolError(`column ${column.name}, row ${Math.floor(bad / columnElements(column.shape))}: ${column.data[bad]} is not a finite number`);
  });
  return rows;
}

/** Little-endian bytes of a column. */
function columnAsBytes(data: ColumnData['data']): Uint8Array {
  return data instanceof Uint8Array ? data : bitsToBytes(new Uint32Array(data.buffer, data.byteOffset, data.length));
}

/** The largest power of two of rows that stays near 256 KiB. */
function defaultRowsPerChunk(bytesPerRow: number): number {
  let rows = 1;
  while (rows * 2 <= MAX_ROWS_PER_CHUNK && rows * 2 * bytesPerRow <= CHUNK_TARGET_BYTES) rows *= 2;
  return rows;
}

/** Merkle root over SHA-256 of each row's bytes. */
function chunkRoot(chunk: Uint8Array, bytesPerRow: number): Uint8Array {
  const leaves: Uint8Array[] = [];
  for (let start = 0; start < chunk.length; start += bytesPerRow) leaves.push(sha256(chunk.subarray(start, start + bytesPerRow)));
  return merkleRoot(leaves);
}

/** Errors: ProtocolError where columns disagree, hold a value that is not finite, or pass a limit. */
export function cutDataset(columns: readonly ColumnData[], about: { readonly source: string; readonly licence: string; readonly rowsPerChunk?: number }): CutDataset {
  const rows = rowCount(columns);
  const described = columns.map((column) => ({ name: column.name, dtype: dtypeOf(column.data), shape: [...column.shape] }));
  const bytesPerRow = rowBytes({ columns: described });
  const rowsPerChunk = about.rowsPerChunk ?? defaultRowsPerChunk(bytesPerRow);
  const sources = columns.map((column) => columnAsBytes(column.data));
  const widths = described.map(columnBytes);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let first = 0; first < rows; first += rowsPerChunk) {
    const count = Math.min(rowsPerChunk, rows - first);
    const chunk = new Uint8Array(count * bytesPerRow);
    let at = 0;
    for (let row = first; row < first + count; row++) {
      sources.forEach((source, k) => {
        const width = widths[k] as number;
        chunk.set(source.subarray(row * width, (row + 1) * width), at);
        at += width;
      });
    }
    chunks.push(chunk);
  }
  const manifest: DatasetManifest = {
    version: 1,
    rows,
    rowsPerChunk,
    columns: described,
    chunks: chunks.map((chunk) => toHash(sha256(chunk))),
    root: toHash(merkleRoot(chunks.map((chunk) => chunkRoot(chunk, bytesPerRow)))),
    source: about.source,
    licence: about.licence,
  };
  const manifestBytes = encodeDatasetManifest(manifest);
  return { manifest, manifestBytes, manifestHash: toHash(sha256(manifestBytes)), chunks };
}

/** Where chunks come from: the mesh's `Blobs`, or memory. */
export interface ChunkSource {
  get(hash: Hash): Promise<Uint8Array>;
}

export interface Dataset {
  readonly manifest: DatasetManifest;
  /** Each row's bytes, in the order asked. Read them, don't change them. Errors: those of the source, ProtocolError for bytes that do not match. */
  rows(indices: ArrayLike<number>, signal?: AbortSignal): Promise<Uint8Array[]>;
  /** Fetches every chunk once and checks H6's root over all of them. Errors: as `rows`, and ProtocolError where the root differs. */
  verify(onProgress?: (doneChunks: number, totalChunks: number) => void, signal?: AbortSignal): Promise<void>;
}

const CACHE_BYTES = 256 * 1024 * 1024;

/** `manifest` has passed `parseDatasetManifest`. Keeps up to 256 MiB of chunks in memory. */
export function openDataset(manifest: DatasetManifest, source: ChunkSource): Dataset {
  const bytesPerRow = rowBytes(manifest);
  const cache = new Map<number, Promise<Uint8Array>>();
  const room = Math.max(2, Math.floor(CACHE_BYTES / (bytesPerRow * manifest.rowsPerChunk)));

  async function fetchChunk(index: number): Promise<Uint8Array> {
    const hash = manifest.chunks[index] as Hash;
    const bytes = await source.get(hash);
    const rows = Math.min(manifest.rowsPerChunk, manifest.rows - index * manifest.rowsPerChunk);
    if (bytes.length !== rows * bytesPerRow) throw new ProtocolError(`chunk ${index} of the dataset has ${bytes.length} bytes, the manifest says ${rows * bytesPerRow}`);
    if (toHash(sha256(bytes)) !== hash) throw new ProtocolError(`chunk ${index} of the dataset does not have the hash that the manifest names`);
    return bytes;
  }

  function chunk(index: number): Promise<Uint8Array> {
    const held = cache.get(index) ?? fetchChunk(index);
    // Re-inserting keeps the map in order of use; a failure is forgotten, so that the next reader tries again.
    cache.delete(index);
    cache.set(index, held);
    held.catch(() => cache.delete(index));
    for (const oldest of cache.keys()) {
      if (cache.size <= room) break;
      cache.delete(oldest);
    }
    return held;
  }

  return {
    manifest,
    async rows(indices, signal) {
      const wanted = Array.from(indices);
      const outside = wanted.find((row) => !Number.isInteger(row) || row < 0 || row >= manifest.rows);
      if (outside !== undefined) throw new RangeError(`row ${outside} of ${manifest.rows} does not exist`);
      const places = wanted.map((row) => Math.floor(row / manifest.rowsPerChunk));
      const needed = [...new Set(places)];
      // The fetch itself is shared between readers, so one reader's abort only ends its own wait.
      const chunks = new Map(await Promise.all(needed.map(async (index) => [index, await chunk(index)] as const)));
      signal?.throwIfAborted();
      return wanted.map((row, k) => {
        const start = (row % manifest.rowsPerChunk) * bytesPerRow;
        return (chunks.get(places[k] as number) as Uint8Array).subarray(start, start + bytesPerRow);
      });
    },
    async verify(onProgress, signal) {
      const roots: Uint8Array[] = [];
      for (let index = 0; index < manifest.chunks.length; index++) {
        roots.push(chunkRoot(await chunk(index), bytesPerRow));
        signal?.throwIfAborted();
        onProgress?.(index + 1, manifest.chunks.length);
      }
      if (toHash(merkleRoot(roots)) !== manifest.root) throw new ProtocolError('the dataset: its chunks do not have the root that the manifest names');
    },
  };
}
