import { affine, axisIndex } from '../graph/affine.ts';
import { LoopBuilder } from '../graph/loopBuilder.ts';
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/node.ts';
import { sizeOf } from '../graph/node.ts';
import type { Lowering } from './lowering.ts';
import { inputOf } from './lowering.ts';
import { padValue, permute, slice } from './movement.ts';

const stridedSlice: Lowering = (call) => {
  const x = inputOf(call, 'x');
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = call.attrs;
  const info = call.tf.slice_util.sliceInfo([...x.shape], begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask);
  const shape = call.tf.slice_util.computeOutShape(info.begin, info.end, info.strides);
  return call.graph.reshape(slice(call.graph, x, info.begin, shape, info.strides), info.finalShape);
};

/** One dimension at a time: the padding before reads backwards from the start, the padding after from the end. */
function mirrorDimension(graph: Graph, x: Value, dim: number, before: number, after: number, edge: number): Value {
  const extent = x.shape[dim] ?? 1;
  const total = before + extent + after;
  const outer = sizeOf(x.shape.slice(0, dim));
  const inner = sizeOf(x.shape.slice(dim + 1));
  const loop = new LoopBuilder([outer, total, inner]);
  const source = { ...graph.materialise(x), shape: [outer, extent, inner] };
  const read = (coefficient: number, offset: number) => loop.read(source, [axisIndex(0), affine([[1, coefficient]], offset), axisIndex(2)]);
  const isBefore = loop.op('ilt', loop.axis(1), loop.i32(before));
  const isInside = loop.op('ilt', loop.axis(1), loop.i32(before + extent));
  const rest = loop.op('select', isInside, read(1, -before), read(-1, before + 2 * extent - 2 + edge));
  const line = loop.op('select', isBefore, read(-1, before - edge), rest);
  return graph.loop(
    'mirrored padding',
    x.dtype,
    x.shape.map((size, k) => (k === dim ? total : size)),
    loop.finish('none', line),
  );
}

const mirrorPad: Lowering = (call) => {
  const { paddings, mode } = call.attrs as { paddings: [number, number][]; mode: 'reflect' | 'symmetric' };
  // `symmetric` repeats the edge itself, `reflect` starts beside it.
  const edge = mode === 'symmetric' ? 1 : 0;
  return paddings.reduce((value, [before, after], dim) => (before + after === 0 ? value : mirrorDimension(call.graph, value, dim, before, after, edge)), inputOf(call, 'x'));
};

const depthToSpace: Lowering = (call) => {
  const x = inputOf(call, 'x');
  const { blockSize, dataFormat } = call.attrs as { blockSize: number; dataFormat: string };
  if (dataFormat !== 'NHWC') throw new Error('only channels last (NHWC) has a lowering');
  const [batch = 1, height = 1, width = 1, channels = 1] = x.shape;
  const depth = channels / (blockSize * blockSize);
  const blocks = call.graph.reshape(x, [batch, height, width, blockSize, blockSize, depth]);
  return call.graph.reshape(permute(call.graph, blocks, [0, 1, 3, 2, 4, 5]), [batch, height * blockSize, width * blockSize, depth]);
};

const spaceToBatch: Lowering = (call) => {
  const { graph, tf } = call;
  const x = inputOf(call, 'x');
  const { blockShape, paddings } = call.attrs as { blockShape: number[]; paddings: [number, number][] };
  const all = x.shape.map((_, dim) => paddings[dim - 1] ?? ([0, 0] as const));
  const padded = padValue(graph, x, all, 0);
  const product = sizeOf(blockShape);
  const split = tf.backend_util.getReshaped([...padded.shape], blockShape, product, false);
  const order = tf.backend_util.getPermuted(split.length, blockShape.length, false);
  const joined = tf.backend_util.getReshapedPermuted([...padded.shape], blockShape, product, false);
  return graph.reshape(permute(graph, graph.reshape(padded, split), order), joined);
};

const batchToSpace: Lowering = (call) => {
  const { graph, tf } = call;
  const x = inputOf(call, 'x');
  const { blockShape, crops } = call.attrs as { blockShape: number[]; crops: number[][] };
  const product = sizeOf(blockShape);
  const split = tf.backend_util.getReshaped([...x.shape], blockShape, product);
  const order = tf.backend_util.getPermuted(split.length, blockShape.length);
  const joined = tf.backend_util.getReshapedPermuted([...x.shape], blockShape, product);
  const whole = graph.reshape(permute(graph, graph.reshape(x, split), order), joined);
  const begin = tf.backend_util.getSliceBeginCoords(crops, blockShape.length);
  const size = tf.backend_util.getSliceSize(joined, crops, blockShape.length);
  return slice(
    graph,
    whole,
    joined.map((_, dim) => begin[dim] ?? 0),
    joined.map((extent, dim) => size[dim] ?? extent),
  );
};

export const REARRANGEMENTS: Readonly<Record<string, Lowering>> = {
  StridedSlice: stridedSlice,
  MirrorPad: mirrorPad,
  DepthToSpace: depthToSpace,
  SpaceToBatchND: spaceToBatch,
  BatchToSpaceND: batchToSpace,
};
