import type { Index, Reduce } from '#engine/program/program.ts';
import { axisIndex } from '../graph/affine.ts';
import type { Graph } from '../graph/graph.ts';
import { LoopBuilder } from '../graph/loopBuilder.ts';
import type { TfDtype, Value } from '../graph/node.ts';
import { sizeOf } from '../graph/node.ts';
import { elementwise } from './broadcast.ts';
import type { KernelCall, Lowering } from './lowering.ts';
import { inputOf } from './lowering.ts';

/** tfjs's axis attribute as a set of dimensions; undefined is all of them. */
function reducedDimensions(axis: number | readonly number[] | undefined | null, rank: number): ReadonlySet<number> {
  if (axis === undefined || axis === null) return new Set(Array.from({ length: rank }, (_, dim) => dim));
  const axes = typeof axis === 'number' ? [axis] : axis;
  return new Set(axes.map((dim) => (dim < 0 ? dim + rank : dim)));
}

type Body = (loop: LoopBuilder, x: number) => number;

interface Reduction {
  readonly what: string;
  readonly reduce: Reduce;
  readonly dtype: TfDtype;
  readonly body: Body;
}

/** Reduces `x` over `reduced`; neighbouring dimensions that are all kept, or all reduced, become one axis. */
export function reduceValue(graph: Graph, x: Value, reduced: ReadonlySet<number>, reduction: Reduction): Value {
  const groups: { extent: number; reduced: boolean }[] = [];
  x.shape.forEach((extent, dim) => {
    if (extent === 1) return;
    const last = groups[groups.length - 1];
    if (last && last.reduced === reduced.has(dim)) last.extent *= extent;
    else groups.push({ extent, reduced: reduced.has(dim) });
  });
  const shape = groups.filter((group) => !group.reduced).map((group) => group.extent);
  const extents = groups.filter((group) => group.reduced).map((group) => group.extent);
  if (extents.length === 0) extents.push(1);
  let kept = 0;
  let gone = shape.length;
  const index: Index[] = groups.map((group) => axisIndex(group.reduced ? gone++ : kept++));
  const loop = new LoopBuilder(shape, extents);
  const line = loop.read({ ...x, shape: groups.map((group) => group.extent) }, index);
  const outShape = x.shape.filter((_, dim) => !reduced.has(dim));
  return graph.loop(reduction.what, reduction.dtype, outShape, loop.finish(reduction.reduce, reduction.body(loop, line)));
}

function withKeptDimensions(graph: Graph, result: Value, x: Value, reduced: ReadonlySet<number>, keepDims: boolean): Value {
  return keepDims
    ? graph.reshape(
        result,
        x.shape.map((extent, dim) => (reduced.has(dim) ? 1 : extent)),
      )
    : result;
}

function toInteger(graph: Graph, what: string, x: Value, dtype: TfDtype): Value {
  return elementwise(graph, what, dtype, [x], (loop, line) => loop.op('f2i', line));
}

/** Reduces in f32 whatever the dtype: integers are exact there up to 2^24. */
function reduceAny(call: KernelCall, x: Value, axis: number | number[] | undefined, reduction: Omit<Reduction, 'dtype'>, dtype: TfDtype): Value {
  const reduced = reducedDimensions(axis, x.shape.length);
  const floats = reduceValue(call.graph, x, reduced, {
    ...reduction,
    dtype: 'float32',
    body: (loop, line) => reduction.body(loop, loop.toFloat(line, x.dtype)),
  });
  const result = dtype === 'float32' ? floats : toInteger(call.graph, reduction.what, floats, dtype);
  return withKeptDimensions(call.graph, result, x, reduced, call.attrs.keepDims === true);
}

const same: Body = (_, x) => x;
const negated: Body = (loop, x) => loop.op('neg', x);

function negate(call: KernelCall, value: Value): Value {
  const isFloat = value.dtype === 'float32';
  return elementwise(call.graph, 'sign change', value.dtype, [value], (loop, x) => (isFloat ? loop.op('neg', x) : loop.op('isub', loop.i32(0), x)));
}

const sum: Lowering = (call) => {
  const x = inputOf(call, 'x');
  const dtype = x.dtype === 'float32' ? 'float32' : 'int32';
  return reduceAny(call, x, call.attrs.axis, { what: 'sum', reduce: 'sum', body: same }, dtype);
};

/** Sum first, then one division: stock divides each term first, which only rounds more. */
const mean: Lowering = (call) => {
  const x = inputOf(call, 'x');
  const total = reduceAny(call, x, call.attrs.axis, { what: 'sum for the mean', reduce: 'sum', body: same }, 'float32');
  const count = x.node.size / Math.max(1, sizeOf(total.shape));
  return elementwise(call.graph, 'mean', 'float32', [total], (loop, line) => loop.op('div', line, loop.f32(count)));
};

const max: Lowering = (call) => {
  const x = inputOf(call, 'x');
  return reduceAny(call, x, call.attrs.reductionIndices, { what: 'maximum', reduce: 'max', body: same }, x.dtype);
};

const min: Lowering = (call) => {
  const x = inputOf(call, 'x');
  return negate(call, reduceAny(call, x, call.attrs.axis, { what: 'minimum', reduce: 'max', body: negated }, x.dtype));
};

const any: Lowering = (call) => reduceAny(call, inputOf(call, 'x'), call.attrs.axis, { what: 'any', reduce: 'max', body: same }, 'bool');

const all: Lowering = (call) => {
  const x = inputOf(call, 'x');
  const isFalse: Body = (loop, line) => loop.op('sub', loop.f32(1), line);
  const missing = reduceAny(call, x, call.attrs.axis, { what: 'all', reduce: 'max', body: isFalse }, 'bool');
  return elementwise(call.graph, 'all', 'bool', [missing], (loop, line) => loop.op('ixor', line, loop.i32(1)));
};

function argReduction(what: string, body: Body): Lowering {
  return (call) => {
    const x = inputOf(call, 'x');
    return reduceValue(call.graph, x, reducedDimensions(call.attrs.axis, x.shape.length), {
      what,
      reduce: 'argmax',
      dtype: 'int32',
      body: (loop, line) => body(loop, loop.toFloat(line, x.dtype)),
    });
  };
}

interface Rows {
  readonly rows: Value;
  readonly peak: Value;
  readonly last: ReadonlySet<number>;
}

/** The last dimension as columns, and each row's maximum. */
function rowsAndPeak(call: KernelCall, logits: Value): Rows {
  const columns = logits.shape[logits.shape.length - 1] ?? 1;
  const rows = call.graph.reshape(logits, [logits.node.size / columns, columns]);
  const last = new Set([1]);
  const peak = reduceValue(call.graph, rows, last, { what: 'softmax, maximum', reduce: 'max', dtype: 'float32', body: same });
  return { rows, peak: call.graph.reshape(peak, [rows.shape[0] ?? 1, 1]), last };
}

function sumRows(call: KernelCall, what: string, values: Value, last: ReadonlySet<number>): Value {
  const total = reduceValue(call.graph, values, last, { what, reduce: 'sum', dtype: 'float32', body: same });
  return call.graph.reshape(total, [values.shape[0] ?? 1, 1]);
}

const softmax: Lowering = (call) => {
  const logits = inputOf(call, 'logits');
  const { rows, peak, last } = rowsAndPeak(call, logits);
  const exps = elementwise(call.graph, 'softmax, exponentials', 'float32', [rows, peak], (loop, x, top) => loop.op('exp', loop.op('sub', x, top)));
  const total = sumRows(call, 'softmax, sum', exps, last);
  const result = elementwise(call.graph, 'softmax', 'float32', [exps, total], (loop, x, sumLine) => loop.op('div', x, sumLine));
  return call.graph.reshape(result, logits.shape);
};

const logSoftmax: Lowering = (call) => {
  const logits = inputOf(call, 'logits');
  const { rows, peak, last } = rowsAndPeak(call, logits);
  const shifted = elementwise(call.graph, 'log softmax, shift', 'float32', [rows, peak], (loop, x, top) => loop.op('sub', x, top));
  const exps = elementwise(call.graph, 'log softmax, exponentials', 'float32', [shifted], (loop, x) => loop.op('exp', x));
  const total = sumRows(call, 'log softmax, sum', exps, last);
  const result = elementwise(call.graph, 'log softmax', 'float32', [shifted, total], (loop, x, sumLine) => loop.op('sub', x, loop.op('log', sumLine)));
  return call.graph.reshape(result, logits.shape);
};

/** out[i] = sum over r of x[r] where r comes before i: a masked sum over the whole axis. */
const cumsum: Lowering = (call) => {
  const x = inputOf(call, 'x');
  const { axis, exclusive, reverse } = call.attrs as { axis: number; exclusive: boolean; reverse: boolean };
  const dim = axis < 0 ? axis + x.shape.length : axis;
  const extent = x.shape[dim] ?? 1;
  const outer = sizeOf(x.shape.slice(0, dim));
  const inner = sizeOf(x.shape.slice(dim + 1));
  const loop = new LoopBuilder([outer, extent, inner], [extent]);
  const line = loop.toFloat(loop.read({ ...x, shape: [outer, extent, inner] }, [axisIndex(0), axisIndex(3), axisIndex(2)]), x.dtype);
  const [first, second] = reverse ? [loop.axis(1), loop.axis(3)] : [loop.axis(3), loop.axis(1)];
  const counts = loop.op(exclusive ? 'ilt' : 'ile', first, second);
  const result = call.graph.loop('running sum', 'float32', x.shape, loop.finish('sum', loop.op('select', counts, line, loop.f32(0))));
  return x.dtype === 'float32' ? result : toInteger(call.graph, 'running sum', result, 'int32');
};

export const REDUCTIONS: Readonly<Record<string, Lowering>> = {
  Sum: sum,
  Mean: mean,
  Max: max,
  Min: min,
  Any: any,
  All: all,
  ArgMax: argReduction('position of the maximum', same),
  ArgMin: argReduction('position of the minimum', negated),
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  Cumsum: cumsum,
};
