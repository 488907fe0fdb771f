import type { Index } from '#engine/program/program.ts';
import { axisIndex } from '../graph/affine.ts';
import { LoopBuilder } from '../graph/loopBuilder.ts';
import type { TfDtype } from '../graph/node.ts';
import { sizeOf } from '../graph/node.ts';
import type { Lowering } from './lowering.ts';
import { inputOf } from './lowering.ts';
import { constantBits } from './movement.ts';

/** out[batch, outer, i, inner] = x[batch, outer, indices[batch, i], inner]. Out of range is an error of the run (P7). */
const gather: Lowering = (call) => {
  const x = inputOf(call, 'x');
  const indices = inputOf(call, 'indices');
  const axis = call.attrs.axis < 0 ? call.attrs.axis + x.shape.length : (call.attrs.axis as number);
  const given = (call.attrs.batchDims as number | undefined) ?? 0;
  const batchDims = given < 0 ? given + indices.shape.length : given;
  const batch = sizeOf(x.shape.slice(0, batchDims));
  const outer = sizeOf(x.shape.slice(batchDims, axis));
  const inner = sizeOf(x.shape.slice(axis + 1));
  const picked = sizeOf(indices.shape.slice(batchDims));
  const table = call.graph.materialise(x);
  const loop = new LoopBuilder([batch, outer, picked, inner]);
  const position = loop.read({ ...indices, shape: [batch, picked] }, [axisIndex(0), axisIndex(2)]);
  const where: Index =
    loop.lines.list[position]?.op === 'const' ? { terms: [], offset: (loop.lines.list[position] as { bits: number }).bits, div: 1, exact: false } : loop.gatherOf(position);
  const line = loop.read({ ...table, shape: [batch, outer, x.shape[axis] ?? 1, inner] }, [axisIndex(0), axisIndex(1), where, axisIndex(3)]);
  const shape = [...x.shape.slice(0, axis), ...indices.shape.slice(batchDims), ...x.shape.slice(axis + 1)];
  return call.graph.loop('lookup', x.dtype, shape, loop.finish('none', line));
};

/** out[s, inner] = sum over all r of x[r, inner] where ids[r] = s, else +0: the masked sum of DESIGN section 4. */
const unsortedSegmentSum: Lowering = (call) => {
  const x = inputOf(call, 'x');
  const ids = inputOf(call, 'segmentIds');
  if (x.dtype !== 'float32') throw new Error('segment sums need float32');
  const rows = ids.node.size;
  const inner = x.node.size / rows;
  const segments = call.attrs.numSegments as number;
  const loop = new LoopBuilder([segments, inner], [rows]);
  const id = loop.read({ ...ids, shape: [rows] }, [axisIndex(2)]);
  const line = loop.read({ ...x, shape: [rows, inner] }, [axisIndex(2), axisIndex(1)]);
  const masked = loop.op('select', loop.op('ieq', id, loop.axis(0)), line, loop.f32(0));
  return call.graph.loop('sum by row', 'float32', [segments, ...x.shape.slice(ids.shape.length)], loop.finish('sum', masked));
};

const oneHot: Lowering = (call) => {
  const indices = inputOf(call, 'indices');
  const { depth, onValue, offValue } = call.attrs as { depth: number; onValue: number; offValue: number };
  const dtype: TfDtype = call.attrs.dtype ?? 'float32';
  const loop = new LoopBuilder([indices.node.size, depth]);
  const index = loop.read({ ...indices, shape: [indices.node.size] }, [axisIndex(0)]);
  const isHot = loop.op('ieq', index, loop.axis(1));
  const constant = (value: number) => loop.constant(dtype === 'float32' ? 'f32' : 'i32', constantBits(value, dtype));
  return call.graph.loop('one-hot', dtype, [...indices.shape, depth], loop.finish('none', loop.op('select', isHot, constant(onValue), constant(offValue))));
};

export const GATHERS: Readonly<Record<string, Lowering>> = { GatherV2: gather, UnsortedSegmentSum: unsortedSegmentSum, OneHot: oneHot };
