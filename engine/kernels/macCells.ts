/** What the schedules of a laid-out mac (emitMac.ts, emitGroupMac.ts) have in common: its terms, and its outputs by invocation. */
import { rowMajorStrides } from '#engine/numerics/readChunk.ts';
import type { Operation } from '#engine/program/program.ts';
import type { KernelPlace } from './emitKernel.ts';
import { axisName } from './emitRead.ts';
import type { LaidOperand } from './layOperand.ts';
import type { MacFormat } from './macFormat.ts';
import { QUAD, quadAt, quadOf } from './quads.ts';
import { type MacTiling, placeOffset, type TiledAxis } from './tileMac.ts';

export interface MacKernel {
  readonly operation: Operation;
  readonly operands: readonly [LaidOperand, LaidOperand];
  readonly tiling: MacTiling;
  readonly format: MacFormat;
}

/** Offsets of the two copies, and of the block results when blocks are split. */
export interface MacPlace extends KernelPlace {
  readonly copies: readonly [string, string];
  readonly blockResults: string;
}

/** One output of an invocation, which begins at the place that the axes `a0`, `a1`, ... name. */
export interface Cell {
  readonly row: number;
  readonly column: number;
  readonly name: string;
}

const scaled = (name: string, step: number) => (step === 1 ? name : `${name} * ${step}`);
const plus = (name: string, constant: number) => (constant === 0 ? name : `${name} + ${constant}`);

export function macCells({ rows, columns }: MacTiling): Cell[] {
  return Array.from({ length: rows.tile * columns.tile }, (_, k) => {
    const [row, column] = [Math.floor(k / columns.tile), k % columns.tile];
    return { row, column, name: `${row}_${column}` };
  });
}

/** Cells beyond the end of a tiled axis compute something that is not kept. */
export function guardCell({ rows, columns }: MacTiling, { row, column }: Cell, store: string): string {
  const checks = [[rows, row] as const, [columns, column] as const]
    .filter(([tiled, place]) => tiled.last + placeOffset(tiled, place) >= tiled.extent)
    .map(([tiled, place]) => `${axisName(tiled.axis)} < ${tiled.extent - placeOffset(tiled, place)}`);
  return checks.length ? `if (${checks.map((check) => `(${check})`).join(' & ')}) { ${store.trimEnd()} }\n` : store;
}

/** Writes a word for each cell to where the elements of the result, or of a block's results, begin; in fours, where memory is. */
export function storeCells({ operation, tiling }: MacKernel, cells: readonly Cell[], start: string, wordOf: (cell: Cell, at: number) => string): string {
  const strides = rowMajorStrides(operation.shape);
  const moved = (tiled: TiledAxis, place: number) => (tiled.axis < 0 ? 0 : placeOffset(tiled, place) * (strides[tiled.axis] as number));
  const axes = operation.shape.flatMap((extent, axis) => (extent === 1 ? [] : [scaled(axisName(axis), strides[axis] as number)]));
  const addressOf = ({ row, column }: Cell) => `${start} + ${plus(axes.length ? axes.join(' + ') : '0', moved(tiling.rows, row) + moved(tiling.columns, column))}`;
  if (!tiling.loads) return cells.map((cell, at) => guardCell(tiling, cell, `arena[${addressOf(cell)}] = ${wordOf(cell, at)};\n`)).join('');
  return cells
    .map((first, at) => {
      if (first.column % QUAD !== 0) return '';
      const words = quadOf((part) => wordOf(cells[at + part] as Cell, at + part));
      return guardCell(tiling, first, `${quadAt(addressOf(first))} = ${words};\n`);
    })
    .join('');
}
