import type { Index } from '#engine/program/program.ts';
import { affine, axisIndex } from '../graph/affine.ts';
import { bitsOf } from '../graph/canonical.ts';
import type { Graph } from '../graph/graph.ts';
import { LoopBuilder } from '../graph/loopBuilder.ts';
import type { TfDtype, Value } from '../graph/node.ts';
import { programDtype, sizeOf } from '../graph/node.ts';
import { elementwise } from './broadcast.ts';
import type { KernelCall, Lowering } from './lowering.ts';
import { inputOf } from './lowering.ts';

/** Bits of a JavaScript number as this tfjs dtype. */
export function constantBits(value: number, dtype: TfDtype): number {
  return programDtype(dtype) === 'f32' ? bitsOf(value) : value >>> 0;
}

/** out[i] = x[index(i)], `fill` (bits) outside. */
export function move(graph: Graph, what: string, x: Value, shape: readonly number[], index: readonly Index[], fill = 0): Value {
  const loop = new LoopBuilder(shape);
  return graph.loop(what, x.dtype, shape, loop.finish('none', loop.read(x, index, fill)));
}

const reshape: Lowering = (call) => {
  const x = inputOf(call, 'x');
  const wanted = call.attrs.shape as number[];
  const known = sizeOf(wanted.filter((extent) => extent !== -1));
  return call.graph.reshape(
    x,
    wanted.map((extent) => (extent === -1 ? x.node.size / known : extent)),
  );
};

const expandDims: Lowering = (call) => {
  const x = inputOf(call, 'input');
  const dim = call.attrs.dim < 0 ? x.shape.length + 1 + call.attrs.dim : call.attrs.dim;
  return call.graph.reshape(x, [...x.shape.slice(0, dim), 1, ...x.shape.slice(dim)]);
};

export function permute(graph: Graph, x: Value, perm: readonly number[]): Value {
  if (perm.every((dim, k) => dim === k)) return x;
  const index = x.shape.map((_, dim) => axisIndex(perm.indexOf(dim)));
  return move(
    graph,
    'transposition',
    x,
    perm.map((dim) => x.shape[dim] ?? 1),
    index,
  );
}

const transpose: Lowering = (call) => permute(call.graph, inputOf(call, 'x'), call.attrs.perm);

/** x[begin + i * stride], one of each a dimension. */
export function slice(graph: Graph, x: Value, begin: readonly number[], shape: readonly number[], strides: readonly number[] = []): Value {
  if (begin.every((start, dim) => start === 0 && shape[dim] === x.shape[dim] && (strides[dim] ?? 1) === 1)) return x;
  const index = shape.map((_, dim) => affine([[dim, strides[dim] ?? 1]], begin[dim] ?? 0));
  return move(graph, 'slice', x, shape, index);
}

function sliceLowering(call: KernelCall): Value {
  const x = inputOf(call, 'x');
  const { begin, size } = call.attrs as { begin: number | number[]; size?: number | number[] };
  const info = { shape: [...x.shape], rank: x.shape.length } as never;
  const [from = [], extents = []] = call.tf.slice_util.parseSliceParams(info, begin, size);
  call.tf.slice_util.assertParamsValid(info, from, extents);
  if (from.some((start) => start < 0)) throw new Error(`a slice begins at 0 or later, not at [${from.join(', ')}]`);
  return slice(call.graph, x, from, extents);
}

export function padValue(graph: Graph, x: Value, paddings: readonly (readonly [number, number])[], fill: number): Value {
  const shape = x.shape.map((extent, dim) => extent + (paddings[dim]?.[0] ?? 0) + (paddings[dim]?.[1] ?? 0));
  const index = x.shape.map((_, dim) => affine([[dim, 1]], -(paddings[dim]?.[0] ?? 0)));
  const source = x.node.source.kind === 'uniform' && x.node.source.bits !== fill ? graph.materialise(x) : x;
  return move(graph, 'padding', source, shape, index, fill);
}

const pad: Lowering = (call) => {
  const x = inputOf(call, 'x');
  return padValue(call.graph, x, call.attrs.paddings, constantBits(call.attrs.constantValue ?? 0, x.dtype));
};

function reversed(graph: Graph, x: Value, flipped: ReadonlySet<number>): Value {
  const index = x.shape.map((extent, dim) => (flipped.has(dim) ? affine([[dim, -1]], extent - 1) : axisIndex(dim)));
  return move(graph, 'reversal', x, x.shape, index);
}

const reverse: Lowering = (call) => {
  const x = inputOf(call, 'x');
  return x.shape.length === 0 ? x : reversed(call.graph, x, new Set(call.tf.util.parseAxisParam(call.attrs.dims as number | number[], [...x.shape])));
};

/** How many tensors one concatenation reads; more are joined in rounds. */
const CONCAT_READS = 4;

function concatSome(graph: Graph, values: readonly Value[], dim: number): Value {
  const [first] = values;
  if (!first) throw new Error('nothing to concatenate');
  if (values.length === 1) return first;
  const extent = (value: Value) => value.shape[dim] ?? 1;
  const total = values.reduce((sum, value) => sum + extent(value), 0);
  const outer = sizeOf(first.shape.slice(0, dim));
  const inner = sizeOf(first.shape.slice(dim + 1));
  const loop = new LoopBuilder([outer, total, inner]);
  let start = total;
  let line = -1;
  for (const value of [...values].reverse()) {
    start -= extent(value);
    const whole = value.node.source.kind === 'uniform' ? graph.materialise(value) : value;
    const read = loop.read({ ...whole, shape: [outer, extent(value), inner] }, [axisIndex(0), affine([[1, 1]], -start), axisIndex(2)]);
    line = line < 0 ? read : loop.op('select', loop.op('ilt', loop.axis(1), loop.i32(start + extent(value))), read, line);
  }
  const shape = first.shape.map((size, k) => (k === dim ? total : size));
  return graph.loop('concatenation', first.dtype, shape, loop.finish('none', line));
}

function concatAll(graph: Graph, values: readonly Value[], dim: number): Value {
  if (values.length <= CONCAT_READS) return concatSome(graph, values, dim);
  const groups: Value[] = [];
  for (let start = 0; start < values.length; start += CONCAT_READS) groups.push(concatSome(graph, values.slice(start, start + CONCAT_READS), dim));
  return concatAll(graph, groups, dim);
}

const concat: Lowering = (call) => {
  const values = Object.values(call.inputs).filter((value) => value.node.size > 0);
  const rank = values[0]?.shape.length ?? 1;
  return concatAll(call.graph, values, call.attrs.axis < 0 ? call.attrs.axis + rank : call.attrs.axis);
};

const pack: Lowering = (call) => {
  const values = Object.values(call.inputs);
  const rank = (values[0]?.shape.length ?? 0) + 1;
  const dim = call.attrs.axis < 0 ? call.attrs.axis + rank : call.attrs.axis;
  return concatAll(
    call.graph,
    values.map((value) => call.graph.reshape(value, [...value.shape.slice(0, dim), 1, ...value.shape.slice(dim)])),
    dim,
  );
};

function splitAt(graph: Graph, x: Value, dim: number, sizes: readonly number[]): Value[] {
  let start = 0;
  return sizes.map((size) => {
    const begin = x.shape.map((_, k) => (k === dim ? start : 0));
    start += size;
    return slice(
      graph,
      x,
      begin,
      x.shape.map((extent, k) => (k === dim ? size : extent)),
    );
  });
}

const unpack: Lowering = (call) => {
  const x = inputOf(call, 'value');
  const dim = call.attrs.axis < 0 ? call.attrs.axis + x.shape.length : call.attrs.axis;
  const pieces = splitAt(
    call.graph,
    x,
    dim,
    Array.from({ length: x.shape[dim] ?? 1 }, () => 1),
  );
  return pieces.map((piece) =>
    call.graph.reshape(
      piece,
      x.shape.filter((_, k) => k !== dim),
    ),
  );
};

const splitV: Lowering = (call) => {
  const x = inputOf(call, 'x');
  const dim = call.attrs.axis < 0 ? call.attrs.axis + x.shape.length : call.attrs.axis;
  const extent = x.shape[dim] ?? 1;
  const given = call.attrs.numOrSizeSplits as number | number[];
  const sizes = typeof given === 'number' ? Array.from({ length: given }, () => extent / given) : given;
  const known = sizes.filter((size) => size !== -1).reduce((sum, size) => sum + size, 0);
  return splitAt(
    call.graph,
    x,
    dim,
    sizes.map((size) => (size === -1 ? extent - known : size)),
  );
};

const tile: Lowering = (call) => {
  const x = inputOf(call, 'x');
  const reps = call.attrs.reps as number[];
  const shape: number[] = [];
  const index: Index[] = x.shape.map((extent, dim) => {
    if ((reps[dim] ?? 1) > 1) shape.push(reps[dim] ?? 1);
    return axisIndex(shape.push(extent) - 1);
  });
  const moved = move(call.graph, 'repetition', x, shape, index);
  return call.graph.reshape(
    moved,
    x.shape.map((extent, dim) => extent * (reps[dim] ?? 1)),
  );
};

const broadcastTo: Lowering = (call) => {
  const x = inputOf(call, 'x');
  return elementwise(call.graph, 'broadcast', x.dtype, [x], (_, line) => line, call.attrs.shape);
};

/** start + i * step for whole numbers: written from the axis, so it needs no data. */
export function progression(graph: Graph, shape: readonly number[], start: number, step: number, dtype: TfDtype): Value {
  const loop = new LoopBuilder([sizeOf(shape)]);
  const line = loop.op('iadd', loop.op('imul', loop.axis(0), loop.i32(step)), loop.i32(start));
  return graph.loop('progression', dtype, shape, loop.finish('none', dtype === 'float32' ? loop.op('i2f', line) : line));
}

/** start + i * step, rounded twice; stock adds step by step, which strays further. */
function evenly(graph: Graph, count: number, start: number, step: number): Value {
  const loop = new LoopBuilder([count]);
  const line = loop.op('add', loop.op('mul', loop.op('i2f', loop.axis(0)), loop.f32(step)), loop.f32(start));
  return graph.loop('progression', 'float32', [count], loop.finish('none', line));
}

const range: Lowering = (call) => {
  const { start, stop, dtype, step: given } = call.attrs as { start: number; stop: number; step: number; dtype: TfDtype };
  // tf.range(5, 0) counts down, although the step it leaves out is 1.
  const step = stop < start && given === 1 ? -1 : given;
  const count = Math.max(0, Math.ceil((stop - start) / step));
  return [start, step].every(Number.isSafeInteger) || dtype !== 'float32' ? progression(call.graph, [count], start, step, dtype) : evenly(call.graph, count, start, step);
};

const linSpace: Lowering = (call) => {
  const { start, stop, num } = call.attrs as { start: number; stop: number; num: number };
  return evenly(call.graph, num, start, num > 1 ? (stop - start) / (num - 1) : 0);
};

/** 1 where row and column are equal. */
export function identityMatrix(graph: Graph, rows: number, columns: number): Value {
  const loop = new LoopBuilder([rows, columns]);
  const line = loop.op('select', loop.op('ieq', loop.axis(0), loop.axis(1)), loop.f32(1), loop.f32(0));
  return graph.loop('identity matrix', 'float32', [rows, columns], loop.finish('none', line));
}

const zerosLike: Lowering = (call) => {
  const x = inputOf(call, 'x');
  return call.graph.uniform(x.dtype, 0, x.shape);
};

const onesLike: Lowering = (call) => {
  const x = inputOf(call, 'x');
  return call.graph.uniform(x.dtype, constantBits(1, x.dtype), x.shape);
};

const fill: Lowering = (call) => {
  const dtype: TfDtype = call.attrs.dtype ?? 'float32';
  return call.graph.uniform(dtype, constantBits(Number(call.attrs.value), dtype), call.attrs.shape);
};

export const MOVEMENT: Readonly<Record<string, Lowering>> = {
  Identity: (call) => inputOf(call, 'x'),
  Reshape: reshape,
  ExpandDims: expandDims,
  Transpose: transpose,
  Slice: sliceLowering,
  PadV2: pad,
  Reverse: reverse,
  Concat: concat,
  Pack: pack,
  Unpack: unpack,
  SplitV: splitV,
  Tile: tile,
  BroadcastTo: broadcastTo,
  Range: range,
  LinSpace: linSpace,
  FlipLeftRight: (call) => reversed(call.graph, inputOf(call, 'image'), new Set([2])),
  ZerosLike: zerosLike,
  OnesLike: onesLike,
  Fill: fill,
};
