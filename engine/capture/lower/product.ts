import { affine, axisIndex } from '../graph/affine.ts';
import type { Graph } from '../graph/graph.ts';
import { LoopBuilder } from '../graph/loopBuilder.ts';
import type { Value } from '../graph/node.ts';
import { sizeOf } from '../graph/node.ts';
import type { KernelCall, Lowering } from './lowering.ts';
import { inputOf } from './lowering.ts';
import { permute } from './movement.ts';

const ONE = 0x3f800000;

function requireFloat(x: Value): Value {
  if (x.dtype !== 'float32') throw new Error(`products of ${x.dtype} have no exact lowering: cast to float32 first`);
  return x;
}

/** [rows, columns] to [rows]: neighbours at half the distance are multiplied until one is left. A Program has no reduction by product. */
function productOfRows(graph: Graph, x: Value, rows: number, columns: number): Value {
  let [current, length] = [graph.materialise(graph.reshape(x, [rows, columns])), columns];
  while (length > 1) {
    const half = Math.ceil(length / 2);
    const loop = new LoopBuilder([rows, half]);
    const source = { ...current, shape: [rows, length] };
    const line = loop.op('mul', loop.read(source, [axisIndex(0), axisIndex(1)]), loop.read(source, [axisIndex(0), affine([[1, 1]], half)], ONE));
    current = graph.loop('product', 'float32', [rows, half], loop.finish('none', line));
    length = half;
  }
  return current;
}

const prod: Lowering = (call) => {
  const x = requireFloat(inputOf(call, 'x'));
  const rank = x.shape.length;
  const given = call.attrs.axis as number | readonly number[] | undefined | null;
  const axes = (given === undefined || given === null ? x.shape.map((_, dim) => dim) : [given].flat()).map((dim) => (dim < 0 ? dim + rank : dim));
  const kept = x.shape.map((_, dim) => dim).filter((dim) => !axes.includes(dim));
  const rows = sizeOf(kept.map((dim) => x.shape[dim] ?? 1));
  const result = productOfRows(call.graph, permute(call.graph, x, [...kept, ...axes]), rows, x.node.size / rows);
  const keepDims = call.attrs.keepDims === true;
  return call.graph.reshape(
    result,
    x.shape.flatMap((extent, dim) => (kept.includes(dim) ? [extent] : keepDims ? [1] : [])),
  );
};

interface Running {
  readonly shape: readonly number[];
  readonly isReverse: boolean;
}

/** Every element times the one `distance` before it (after it in reverse), 1 beyond the end; `alone`: only that one. */
function shifted({ graph }: KernelCall, x: Value, { shape, isReverse }: Running, distance: number, alone: boolean): Value {
  const loop = new LoopBuilder(shape);
  const source = { ...graph.materialise(x), shape };
  const before = loop.read(source, [axisIndex(0), affine([[1, 1]], isReverse ? distance : -distance), axisIndex(2)], ONE);
  const line = alone ? before : loop.op('mul', loop.read(source, [axisIndex(0), axisIndex(1), axisIndex(2)]), before);
  return graph.loop('running product', 'float32', shape, loop.finish('none', line));
}

/** Doubling distances: after k rounds each element holds the product of 2^k. */
const cumprod: Lowering = (call) => {
  const x = requireFloat(inputOf(call, 'x'));
  const { axis, exclusive, reverse } = call.attrs as { axis: number; exclusive: boolean; reverse: boolean };
  const dim = axis < 0 ? axis + x.shape.length : axis;
  const extent = x.shape[dim] ?? 1;
  const running: Running = { shape: [sizeOf(x.shape.slice(0, dim)), extent, sizeOf(x.shape.slice(dim + 1))], isReverse: reverse };
  let current = exclusive ? shifted(call, x, running, 1, true) : x;
  for (let distance = 1; distance < extent; distance *= 2) current = shifted(call, current, running, distance, false);
  return call.graph.reshape(current, x.shape);
};

export const PRODUCTS: Readonly<Record<string, Lowering>> = { Prod: prod, Cumprod: cumprod };
