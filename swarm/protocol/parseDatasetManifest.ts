/** The manifest of a dataset from strangers (SPEC H6): sizes that agree with each other, or refused with the reason. */
import type { DatasetManifest } from './jobSpec.ts';
import { decodeJson, encodeJson } from './json.ts';
import { MAX_CHUNK_BYTES, MAX_CHUNKS, MAX_COLUMNS, MAX_MANIFEST_BYTES, MAX_RANK, MAX_ROW_BYTES, MAX_ROWS, MAX_ROWS_PER_CHUNK } from './limits.ts';
import { ProtocolError } from './protocolError.ts';
import { hash, integer, list, literal, object, text } from './reader.ts';

type Column = DatasetManifest['columns'][number];

const column = object<Column>({
  name: text(1, 200),
  dtype: literal('u8', 'f32', 'i32'),
  shape: list(integer(1, 2 ** 24), 0, MAX_RANK),
});

const datasetManifest = object<DatasetManifest>({
  version: literal(1),
  rows: integer(1, MAX_ROWS),
  rowsPerChunk: integer(1, MAX_ROWS_PER_CHUNK),
  columns: list(column, 1, MAX_COLUMNS),
  chunks: list(hash, 1, MAX_CHUNKS),
  root: hash,
  source: text(0, 2000),
  licence: text(0, 2000),
});

export function columnElements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function columnBytes(entry: Pick<Column, 'dtype' | 'shape'>): number {
  return columnElements(entry.shape) * (entry.dtype === 'u8' ? 1 : 4);
}

/** Bytes of one row: its columns in order. */
export function rowBytes(manifest: Pick<DatasetManifest, 'columns'>): number {
  return manifest.columns.reduce((total, entry) => total + columnBytes(entry), 0);
}

function checkTogether(manifest: DatasetManifest): DatasetManifest {
  const { rows, rowsPerChunk, chunks, columns } = manifest;
  if ((rowsPerChunk & (rowsPerChunk - 1)) !== 0) throw new ProtocolError(`manifest: rowsPerChunk ${rowsPerChunk} is not a power of two`);
  const needed = Math.ceil(rows / rowsPerChunk);
  if (chunks.length !== needed) throw new ProtocolError(`manifest: ${rows} rows in chunks of ${rowsPerChunk} are ${needed} chunks, got ${chunks.length}`);
  if (new Set(columns.map((entry) => entry.name)).size !== columns.length) throw new ProtocolError('manifest: two columns have the same name');
  const bytes = rowBytes(manifest);
  if (bytes > MAX_ROW_BYTES) throw new ProtocolError(`manifest: a row of ${bytes} bytes is over the limit of ${MAX_ROW_BYTES}`);
  if (bytes * rowsPerChunk > MAX_CHUNK_BYTES) throw new ProtocolError(`manifest: a chunk of ${bytes * rowsPerChunk} bytes is over the limit of ${MAX_CHUNK_BYTES}`);
  return manifest;
}

/** Errors: ProtocolError naming the field. */
export function parseDatasetManifest(bytes: Uint8Array): DatasetManifest {
  return checkTogether(decodeJson(bytes, 'manifest', MAX_MANIFEST_BYTES, datasetManifest));
}

/** Checked as it is written. Errors: ProtocolError. */
export function encodeDatasetManifest(manifest: DatasetManifest): Uint8Array<ArrayBuffer> {
  return encodeJson(checkTogether(datasetManifest(manifest, 'manifest')));
}
