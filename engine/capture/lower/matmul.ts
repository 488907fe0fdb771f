import type { Index } from '#engine/program/program.ts';
import { axisIndex, constantIndex } from '../graph/affine.ts';
import { LoopBuilder } from '../graph/loopBuilder.ts';
import type { Value } from '../graph/node.ts';
import { broadcastShapes } from './broadcast.ts';
import type { Lowering } from './lowering.ts';
import { inputOf } from './lowering.ts';

interface Operand {
  readonly value: Value;
  readonly batch: readonly number[];
  readonly rows: number;
  readonly columns: number;
  readonly isTransposed: boolean;
}

function operand(value: Value, isTransposed: boolean): Operand {
  if (value.dtype !== 'float32') throw new Error(`matrix products need float32, got ${value.dtype}`);
  const rank = value.shape.length;
  return { value, batch: value.shape.slice(0, rank - 2), rows: value.shape[rank - 2] ?? 1, columns: value.shape[rank - 1] ?? 1, isTransposed };
}

/** Neighbouring batch dimensions become one where both operands have, or broadcast, them alike. */
function batchGroups(batch: readonly number[], a: Operand, b: Operand): { extent: number; inA: boolean; inB: boolean }[] {
  const has = (side: Operand, dim: number) => (side.batch[dim - batch.length + side.batch.length] ?? 1) !== 1;
  const groups: { extent: number; inA: boolean; inB: boolean }[] = [];
  batch.forEach((extent, dim) => {
    if (extent === 1) return;
    const last = groups[groups.length - 1];
    if (last && last.inA === has(a, dim) && last.inB === has(b, dim)) last.extent *= extent;
    else groups.push({ extent, inA: has(a, dim), inB: has(b, dim) });
  });
  return groups;
}

function readOf(side: Operand, isInBatch: readonly boolean[], extents: readonly number[], row: Index, column: Index): { value: Value; index: Index[] } {
  const view = [...extents.filter((_, k) => isInBatch[k]), side.rows, side.columns];
  const batchIndex = isInBatch.flatMap((present, axis) => (present ? [axisIndex(axis)] : []));
  const [first, second] = side.isTransposed ? [column, row] : [row, column];
  return { value: { ...side.value, shape: view }, index: [...batchIndex, first, second] };
}

/** out[..., m, n] = mac over k of a[..., m, k] * b[..., k, n]. */
export const batchMatMul: Lowering = (call) => {
  const { transposeA, transposeB } = call.attrs as { transposeA: boolean; transposeB: boolean };
  const a = operand(inputOf(call, 'a'), transposeA);
  const b = operand(inputOf(call, 'b'), transposeB);
  const m = a.isTransposed ? a.columns : a.rows;
  const inner = a.isTransposed ? a.rows : a.columns;
  const n = b.isTransposed ? b.rows : b.columns;
  const batch = broadcastShapes(a.batch, b.batch);
  const groups = batchGroups(batch, a, b);
  const extents = groups.map((group) => group.extent);
  const rank = extents.length;
  const axis = { m: axisIndex(rank), n: axisIndex(rank + 1), k: inner === 1 ? constantIndex(0) : axisIndex(rank + 2) };
  const loop = new LoopBuilder([...extents, m, n], [inner]);
  const readA = readOf(
    a,
    groups.map((group) => group.inA),
    extents,
    axis.m,
    axis.k,
  );
  const readB = readOf(
    b,
    groups.map((group) => group.inB),
    extents,
    axis.k,
    axis.n,
  );
  const left = loop.read(readA.value, readA.index);
  const right = loop.read(readB.value, readB.index);
  return call.graph.loop('matrix product', 'float32', [...batch, m, n], loop.finish('mac', left, right));
};

export const MATRIX_PRODUCTS: Readonly<Record<string, Lowering>> = { BatchMatMul: batchMatMul };
