import type { Affine } from '#engine/program/program.ts';
import { affine, axisIndex } from '../graph/affine.ts';
import { NEGATIVE_INFINITY_BITS } from '../graph/canonical.ts';
import { LoopBuilder } from '../graph/loopBuilder.ts';
import type { Value } from '../graph/node.ts';
import { inputAt, outputAt } from './convolution.ts';
import { castValue } from './elementwise.ts';
import type { KernelCall, Lowering } from './lowering.ts';
import { inputOf } from './lowering.ts';

interface Pool {
  readonly batch: number;
  readonly channels: number;
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly window: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly number[];
  /** Which of several equal maxima takes the gradient: tfjs's CPU kernels keep the first in 2D, the last in 3D. */
  readonly tiesTo: 'first' | 'last';
}

function poolOf(call: KernelCall, inShape: readonly number[]): Pool {
  const { filterSize, strides, pad, dimRoundingMode } = call.attrs;
  if (inShape.length === 5) {
    const info = call.tf.backend_util.computePool3DInfo(inShape as [number, number, number, number, number], filterSize, strides, 1, pad, dimRoundingMode);
    return {
      batch: info.batchSize,
      channels: info.inChannels,
      input: [info.inDepth, info.inHeight, info.inWidth],
      output: [info.outDepth, info.outHeight, info.outWidth],
      window: [info.filterDepth, info.filterHeight, info.filterWidth],
      stride: [info.strideDepth, info.strideHeight, info.strideWidth],
      dilation: [1, 1, 1],
      padding: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
      tiesTo: 'last',
    };
  }
  const info = call.tf.backend_util.computePool2DInfo(inShape as [number, number, number, number], filterSize, strides, 1, pad, dimRoundingMode);
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    input: [info.inHeight, info.inWidth],
    output: [info.outHeight, info.outWidth],
    window: [info.filterHeight, info.filterWidth],
    stride: [info.strideHeight, info.strideWidth],
    dilation: [1, 1],
    padding: [info.padInfo.top, info.padInfo.left],
    tiesTo: 'first',
  };
}

const axes = (first: number, count: number): number[] => Array.from({ length: count }, (_, k) => first + k);

/** The same index with `axis` walked from its end: the first maximum is then the last one. */
function backwards(index: Affine, axis: number, extent: number): Affine {
  const coefficient = index.terms.find(([other]) => other === axis)?.[1] ?? 0;
  return affine([...index.terms, [axis, -2 * coefficient]], index.offset + coefficient * (extent - 1), index.div, index.exact);
}

/** Over [batch, output.., channels] and the window: reads x under each tap, `fill` outside. */
function overWindows(call: KernelCall, what: string, reduce: 'max' | 'argmax' | 'sum', x: Value, p: Pool, fill: number): Value {
  const d = p.window.length;
  const shape = [p.batch, ...p.output, p.channels];
  const loop = new LoopBuilder(shape, p.window);
  const taps = axes(d + 2, d);
  const whole = call.graph.materialise(x);
  const under = (tap: number, dim: number): Affine => {
    const index = inputAt(p, dim, dim + 1, tap);
    return reduce === 'argmax' && p.tiesTo === 'last' ? backwards(index, tap, p.window[dim] ?? 1) : index;
  };
  const line = loop.read(whole, [axisIndex(0), ...taps.map(under), axisIndex(d + 1)], fill);
  return call.graph.loop(what, reduce === 'argmax' ? 'int32' : 'float32', shape, loop.finish(reduce, line));
}

/** How many taps of the window at output position `axis` are inside the input, as an f32 line. Padding does not count. */
function tapsInside(loop: LoopBuilder, p: Pool, dim: number, axis: number): number {
  const [size = 1, window = 1, stride = 1, padding = 0] = [p.input[dim], p.window[dim], p.stride[dim], p.padding[dim]];
  const start = loop.op('isub', loop.op('imul', loop.axis(axis), loop.i32(stride)), loop.i32(padding));
  const end = loop.op('iadd', start, loop.i32(window));
  const first = loop.op('select', loop.op('ilt', start, loop.i32(0)), loop.i32(0), start);
  const last = loop.op('select', loop.op('ilt', loop.i32(size), end), loop.i32(size), end);
  return loop.op('isub', last, first);
}

function isPadded(p: Pool): boolean {
  return p.output.some((extent, dim) => (p.padding[dim] ?? 0) > 0 || (extent - 1) * (p.stride[dim] ?? 1) + (p.window[dim] ?? 1) > (p.input[dim] ?? 1));
}

/** value[b, o.., c] divided by the number of inputs under the window. */
function dividedByTaps(call: KernelCall, what: string, value: Value, p: Pool): Value {
  const d = p.window.length;
  const shape = [p.batch, ...p.output, p.channels];
  const loop = new LoopBuilder(shape);
  const line = loop.read(value, axes(0, d + 2).map(axisIndex));
  const count = isPadded(p)
    ? loop.op(
        'i2f',
        p.window.map((_, dim) => tapsInside(loop, p, dim, dim + 1)).reduce((product, inside) => loop.op('imul', product, inside)),
      )
    : loop.f32(p.window.reduce((product, extent) => product * extent, 1));
  return call.graph.loop(what, 'float32', shape, loop.finish('none', loop.op('div', line, count)));
}

const maxPool: Lowering = (call) => {
  const x = inputOf(call, 'x');
  // Maxima are of f32: integers are exact there up to 2^24.
  const floats = castValue(call, x, 'float32');
  return castValue(call, overWindows(call, 'max pooling', 'max', floats, poolOf(call, x.shape), NEGATIVE_INFINITY_BITS), x.dtype);
};

/** Sum over the windows that hold input position i, each contributing where `body` says. */
function overHolders(
  call: KernelCall,
  what: string,
  dy: Value,
  p: Pool,
  body: (loop: LoopBuilder, dyLine: number, holder: readonly ReturnType<typeof outputAt>[]) => number,
): Value {
  const d = p.window.length;
  const shape = [p.batch, ...p.input, p.channels];
  const loop = new LoopBuilder(shape, p.window);
  const holder = axes(d + 2, d).map((tap, dim) => outputAt(p, dim, dim + 1, tap));
  const whole = call.graph.materialise(dy);
  const line = loop.read(whole, [axisIndex(0), ...holder, axisIndex(d + 1)]);
  return call.graph.loop(what, 'float32', shape, loop.finish('sum', body(loop, line, holder)));
}

/** The gradient goes to one maximum of each window, `tiesTo` in row-major order, as in tfjs's CPU kernels. */
const maxPoolGrad: Lowering = (call) => {
  const x = inputOf(call, 'input');
  const dy = inputOf(call, 'dy');
  const p = poolOf(call, x.shape);
  const d = p.window.length;
  const winner = overWindows(call, 'position of the maximum', 'argmax', x, p, NEGATIVE_INFINITY_BITS);
  return overHolders(call, 'spread to the maxima', dy, p, (loop, dyLine, holder) => {
    const position = loop.read(winner, [axisIndex(0), ...holder, axisIndex(d + 1)], 0xffffffff);
    const tapAt = (dim: number, extent: number) => (p.tiesTo === 'first' ? loop.axis(d + 2 + dim) : loop.op('isub', loop.i32(extent - 1), loop.axis(d + 2 + dim)));
    const tap = p.window.reduce((flat, extent, dim) => loop.op('iadd', loop.op('imul', flat, loop.i32(extent)), tapAt(dim, extent)), loop.i32(0));
    return loop.op('select', loop.op('ieq', position, tap), dyLine, loop.f32(0));
  });
};

const avgPool: Lowering = (call) => {
  const x = inputOf(call, 'x');
  const p = poolOf(call, x.shape);
  return dividedByTaps(call, 'average pooling', overWindows(call, 'sum under the window', 'sum', x, p, 0), p);
};

/** Divides by the whole window, padding included, as tfjs's CPU kernel does (its forward pass does not count padding). */
const avgPoolGrad: Lowering = (call) => {
  const x = inputOf(call, 'input');
  const dy = inputOf(call, 'dy');
  const p = poolOf(call, x.shape);
  const share = 1 / p.window.reduce((product, extent) => product * extent, 1);
  return overHolders(call, 'spread evenly', dy, p, (loop, dyLine) => loop.op('mul', dyLine, loop.f32(share)));
};

export const POOLING: Readonly<Record<string, Lowering>> = {
  MaxPool: maxPool,
  MaxPoolGrad: maxPoolGrad,
  MaxPool3D: maxPool,
  MaxPool3DGrad: maxPoolGrad,
  AvgPool: avgPool,
  AvgPoolGrad: avgPoolGrad,
  AvgPool3D: avgPool,
  AvgPool3DGrad: avgPoolGrad,
};
