import type { Affine } from '#engine/program/program.ts';
import { affine, axisIndex } from '../graph/affine.ts';
import { LoopBuilder } from '../graph/loopBuilder.ts';
import type { Value } from '../graph/node.ts';
import type { KernelCall, Lowering } from './lowering.ts';
import { inputOf } from './lowering.ts';

/** A convolution's shape arithmetic over any number of spatial dimensions. Channels are last, as in tfjs-layers. */
interface Geometry {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly window: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly number[];
}

type Attrs = KernelCall['attrs'];

function geometry2d(call: KernelCall, inShape: readonly number[], filterShape: readonly number[], attrs: Attrs, isDepthwise: boolean): Geometry {
  if (attrs.dataFormat && attrs.dataFormat !== 'NHWC') throw new Error('only channels last (NHWC) has a lowering');
  const info = call.tf.backend_util.computeConv2DInfo(
    inShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    isDepthwise,
  );
  return {
    batch: info.batchSize,
    inChannels: info.inChannels,
    outChannels: info.outChannels,
    input: [info.inHeight, info.inWidth],
    output: [info.outHeight, info.outWidth],
    window: [info.filterHeight, info.filterWidth],
    stride: [info.strideHeight, info.strideWidth],
    dilation: [info.dilationHeight, info.dilationWidth],
    padding: [info.padInfo.top, info.padInfo.left],
  };
}

function geometry3d(call: KernelCall, inShape: readonly number[], filterShape: readonly number[], attrs: Attrs): Geometry {
  if (attrs.dataFormat && attrs.dataFormat !== 'NDHWC') throw new Error('only channels last (NDHWC) has a lowering');
  const info = call.tf.backend_util.computeConv3DInfo(
    inShape as [number, number, number, number, number],
    filterShape as [number, number, number, number, number],
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
  );
  return {
    batch: info.batchSize,
    inChannels: info.inChannels,
    outChannels: info.outChannels,
    input: [info.inDepth, info.inHeight, info.inWidth],
    output: [info.outDepth, info.outHeight, info.outWidth],
    window: [info.filterDepth, info.filterHeight, info.filterWidth],
    stride: [info.strideDepth, info.strideHeight, info.strideWidth],
    dilation: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
    padding: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
  };
}

/** Input position seen by output position `out` (axis) through window position `tap` (axis). */
export function inputAt(g: Pick<Geometry, 'stride' | 'dilation' | 'padding'>, dim: number, out: number, tap: number): Affine {
  return affine(
    [
      [out, g.stride[dim] ?? 1],
      [tap, g.dilation[dim] ?? 1],
    ],
    -(g.padding[dim] ?? 0),
  );
}

/** Output position whose window has input position `at` (axis) under `tap` (axis); outside where there is none. */
export function outputAt(g: Pick<Geometry, 'stride' | 'dilation' | 'padding'>, dim: number, at: number, tap: number): Affine {
  return affine(
    [
      [at, 1],
      [tap, -(g.dilation[dim] ?? 1)],
    ],
    g.padding[dim] ?? 0,
    g.stride[dim] ?? 1,
    true,
  );
}

const axes = (first: number, count: number): number[] => Array.from({ length: count }, (_, k) => first + k);

/** out[b, o.., f] = mac over (tap.., c) of x[b, o * stride + tap * dilation - pad, c] * w[tap.., c, f]. */
function forward(call: KernelCall, x: Value, filter: Value, g: Geometry): Value {
  const d = g.window.length;
  const shape = [g.batch, ...g.output, g.outChannels];
  const loop = new LoopBuilder(shape, [...g.window, g.inChannels]);
  const taps = axes(d + 2, d);
  const left = loop.read(x, [axisIndex(0), ...taps.map((tap, dim) => inputAt(g, dim, dim + 1, tap)), axisIndex(2 * d + 2)]);
  const right = loop.read(filter, [...taps.map(axisIndex), axisIndex(2 * d + 2), axisIndex(d + 1)]);
  return call.graph.loop('convolution', 'float32', shape, loop.finish('mac', left, right));
}

/** dx[b, i.., c] = mac over (tap.., f) of dy[b, (i + pad - tap * dilation) / stride, f] * w[tap.., c, f]. */
function inputGradient(call: KernelCall, dy: Value, filter: Value, g: Geometry): Value {
  const d = g.window.length;
  const shape = [g.batch, ...g.input, g.inChannels];
  const loop = new LoopBuilder(shape, [...g.window, g.outChannels]);
  const taps = axes(d + 2, d);
  const left = loop.read(dy, [axisIndex(0), ...taps.map((tap, dim) => outputAt(g, dim, dim + 1, tap)), axisIndex(2 * d + 2)]);
  const right = loop.read(filter, [...taps.map(axisIndex), axisIndex(d + 1), axisIndex(2 * d + 2)]);
  return call.graph.loop('transposed convolution', 'float32', shape, loop.finish('mac', left, right));
}

/** dw[tap.., c, f] = mac over (b, o..) of x[b, o * stride + tap * dilation - pad, c] * dy[b, o.., f]. */
function filterGradient(call: KernelCall, x: Value, dy: Value, g: Geometry): Value {
  const d = g.window.length;
  const shape = [...g.window, g.inChannels, g.outChannels];
  // dy's own extents: tfjs leaves the forward pass's rounding of them out of the gradient's attributes.
  const loop = new LoopBuilder(shape, dy.shape.slice(0, d + 1));
  const outs = axes(d + 3, d);
  const left = loop.read(x, [axisIndex(d + 2), ...outs.map((out, dim) => inputAt(g, dim, out, dim)), axisIndex(d)]);
  const right = loop.read(dy, [axisIndex(d + 2), ...outs.map(axisIndex), axisIndex(d + 1)]);
  return call.graph.loop('convolution over the batch', 'float32', shape, loop.finish('mac', left, right));
}

function multiplierOf(g: Geometry): number {
  return g.outChannels / g.inChannels;
}

/** out[b, o.., c, m] = mac over tap.. of x[b, ..., c] * w[tap.., c, m]; channels c and m are one to tfjs. */
function depthwiseForward(call: KernelCall, x: Value, filter: Value, g: Geometry): Value {
  const d = g.window.length;
  const loop = new LoopBuilder([g.batch, ...g.output, g.inChannels, multiplierOf(g)], g.window);
  const taps = axes(d + 3, d);
  const left = loop.read(x, [axisIndex(0), ...taps.map((tap, dim) => inputAt(g, dim, dim + 1, tap)), axisIndex(d + 1)]);
  const right = loop.read(filter, [...taps.map(axisIndex), axisIndex(d + 1), axisIndex(d + 2)]);
  return call.graph.loop('depthwise convolution', 'float32', [g.batch, ...g.output, g.outChannels], loop.finish('mac', left, right));
}

function depthwiseInputGradient(call: KernelCall, dy: Value, filter: Value, g: Geometry): Value {
  const d = g.window.length;
  const shape = [g.batch, ...g.input, g.inChannels];
  const loop = new LoopBuilder(shape, [...g.window, multiplierOf(g)]);
  const taps = axes(d + 2, d);
  const split = call.graph.reshape(dy, [...dy.shape.slice(0, d + 1), g.inChannels, multiplierOf(g)]);
  const left = loop.read(split, [axisIndex(0), ...taps.map((tap, dim) => outputAt(g, dim, dim + 1, tap)), axisIndex(d + 1), axisIndex(2 * d + 2)]);
  const right = loop.read(filter, [...taps.map(axisIndex), axisIndex(d + 1), axisIndex(2 * d + 2)]);
  return call.graph.loop('transposed depthwise convolution', 'float32', shape, loop.finish('mac', left, right));
}

function depthwiseFilterGradient(call: KernelCall, x: Value, dy: Value, g: Geometry): Value {
  const d = g.window.length;
  const shape = [...g.window, g.inChannels, multiplierOf(g)];
  const outer = dy.shape.slice(0, d + 1);
  const loop = new LoopBuilder(shape, outer);
  const outs = axes(d + 3, d);
  const split = call.graph.reshape(dy, [...outer, g.inChannels, multiplierOf(g)]);
  const left = loop.read(x, [axisIndex(d + 2), ...outs.map((out, dim) => inputAt(g, dim, out, dim)), axisIndex(d)]);
  const right = loop.read(split, [axisIndex(d + 2), ...outs.map(axisIndex), axisIndex(d), axisIndex(d + 1)]);
  return call.graph.loop('depthwise convolution over the batch', 'float32', shape, loop.finish('mac', left, right));
}

type Build = (call: KernelCall, a: Value, b: Value, g: Geometry) => Value;
type Shapes = (call: KernelCall, a: Value, b: Value) => readonly [input: readonly number[], filter: readonly number[]];

function lowering(names: readonly [string, string], shapes: Shapes, geometry: '2d' | '3d' | 'depthwise', build: Build): Lowering {
  return (call) => {
    // In memory even where all elements are equal (the gradient of a mean): padding is 0, and windows leave the picture.
    const a = call.graph.materialise(inputOf(call, names[0]));
    const b = call.graph.materialise(inputOf(call, names[1]));
    const [input, filter] = shapes(call, a, b);
    const g = geometry === '3d' ? geometry3d(call, input, filter, call.attrs) : geometry2d(call, input, filter, call.attrs, geometry === 'depthwise');
    return build(call, a, b, g);
  };
}

const given: Shapes = (_, x, filter) => [x.shape, filter.shape];
const forInput: Shapes = ({ attrs }, _, filter) => [attrs.inputShape, filter.shape];
const forFilter: Shapes = ({ attrs }, x) => [x.shape, attrs.filterShape];

export const conv2d: Lowering = lowering(['x', 'filter'], given, '2d', forward);
export const depthwiseConv2d: Lowering = lowering(['x', 'filter'], given, 'depthwise', depthwiseForward);

export const CONVOLUTIONS: Readonly<Record<string, Lowering>> = {
  Conv2D: conv2d,
  Conv2DBackpropInput: lowering(['dy', 'filter'], forInput, '2d', inputGradient),
  Conv2DBackpropFilter: lowering(['x', 'dy'], forFilter, '2d', filterGradient),
  Conv3D: lowering(['x', 'filter'], given, '3d', forward),
  Conv3DBackpropInputV2: lowering(['dy', 'filter'], forInput, '3d', inputGradient),
  Conv3DBackpropFilterV2: lowering(['x', 'dy'], forFilter, '3d', filterGradient),
  DepthwiseConv2dNative: depthwiseConv2d,
  DepthwiseConv2dNativeBackpropInput: lowering(['dy', 'filter'], forInput, 'depthwise', depthwiseInputGradient),
  DepthwiseConv2dNativeBackpropFilter: lowering(['x', 'dy'], forFilter, 'depthwise', depthwiseFilterGradient),
};
