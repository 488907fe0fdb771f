/** The rows kept apart for testing: a fixed shuffle, the same for everyone who reads the same data. */
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { columnElements } from '#swarm/protocol/parseDatasetManifest.ts';
import type { ColumnData } from '#swarm/training/dataset.ts';
import { epochKeys, permuteRow } from '#swarm/training/sampleRows.ts';

export interface Split {
  readonly train: readonly ColumnData[];
  /** Null where there are too few rows to spare any. */
  readonly test: readonly ColumnData[] | null;
}

/** Nothing depends on this value; it only has to stay. */
const SHUFFLE_SEED: Hash = `0x${'7e57'.repeat(16)}`;

function pick(column: ColumnData, rows: readonly number[]): ColumnData {
  const width = columnElements(column.shape);
  const { data } = column;
  const picked =
    data instanceof Uint8Array ? new Uint8Array(rows.length * width) : data instanceof Float32Array ? new Float32Array(rows.length * width) : new Int32Array(rows.length * width);
  rows.forEach((row, k) => picked.set(data.subarray(row * width, (row + 1) * width), k * width));
  return { name: column.name, shape: column.shape, data: picked };
}

/** All columns have `rows` rows; a fifth of them is for testing. */
export function splitRows(columns: readonly ColumnData[], rows: number): Split {
  const keys = epochKeys(SHUFFLE_SEED, 0);
  const order = Array.from({ length: rows }, (_, index) => permuteRow(keys, index, rows));
  const testRows = Math.floor(rows / 5);
  const train = columns.map((column) => pick(column, order.slice(testRows)));
  const test = testRows === 0 ? null : columns.map((column) => pick(column, order.slice(0, testRows)));
  return { train, test };
}
