import { sizeOf } from '../graph/node.ts';
import type { TapeNode, Tensor, Tf } from './tfjs.ts';

type Gradient = NonNullable<TapeNode['gradient']>;

/** A kernel call of which tfjs has no gradient, or a wrong one. */
export interface Call {
  readonly tf: Tf;
  /** Shape of the one input. */
  readonly shape: number[];
  readonly attrs: Readonly<Record<string, unknown>>;
  /** The input again: at the time of the gradient the tensor is disposed. */
  readonly x: () => Tensor;
}

interface Running {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

function runningOf({ attrs, shape }: Call): Running {
  const { axis, exclusive, reverse } = attrs as unknown as Running;
  return { axis: axis < 0 ? axis + shape.length : axis, exclusive, reverse };
}

/** The running sum the other way. tfjs's gradient transposes it once more for every axis but the last. */
function ofCumsum(call: Call): Gradient {
  const { axis, exclusive, reverse } = runningOf(call);
  return ([dy]) => ({ x: () => call.tf.cumsum(dy as Tensor, axis, exclusive, !reverse) });
}

/**
 * dx[k] = (product before k) * sum over i of dy[i] * (product between k and i). Without dividing by x, which may be 0;
 * costs the square of the axis.
 */
function ofCumprod(call: Call): Gradient {
  const { tf, shape, x } = call;
  const { axis, exclusive, reverse } = runningOf(call);
  const length = shape[axis] ?? 1;
  const flat = [sizeOf(shape.slice(0, axis)), length, sizeOf(shape.slice(axis + 1))] as const;
  const turned = (tensor: Tensor): Tensor => (reverse ? tf.reverse(tensor, axis) : tensor);
  return ([dy]) => ({
    x: () => {
      const rows = tf.reshape(turned(x()), [...flat]);
      const at = tf.range(0, length, 1, 'int32');
      // Axes: outer, i, k, inner.
      const [i, k] = [tf.reshape(at, [1, length, 1, 1]), tf.reshape(at, [1, 1, length, 1])];
      const wide = [flat[0], length, length, flat[2]];
      const factors = tf.where(tf.broadcastTo(tf.greater(i, k), wide), tf.broadcastTo(tf.expandDims(rows, 2), wide), tf.ones(wide));
      const between = tf.cumprod(factors, 1, exclusive);
      const counts = tf.broadcastTo(exclusive ? tf.greater(i, k) : tf.greaterEqual(i, k), wide);
      const given = tf.mul(between, tf.reshape(turned(dy as Tensor), [flat[0], length, 1, flat[2]]));
      const after = tf.sum(tf.where(counts, given, tf.zeros(wide)), 1);
      return turned(tf.reshape(tf.mul(tf.cumprod(rows, 1, true), after), shape));
    },
  });
}

interface StridedSlice extends Readonly<Record<'beginMask' | 'endMask' | 'ellipsisMask' | 'newAxisMask' | 'shrinkAxisMask', number>> {
  readonly begin: number[];
  readonly end: number[];
  /** tfjs takes it as ones where it is left out. */
  readonly strides: number[];
}

/** dy's elements at the places that they were taken from, 0 elsewhere. */
function ofStridedSlice({ tf, shape, attrs }: Call): Gradient {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs as unknown as StridedSlice;
  const info = tf.slice_util.sliceInfo(shape, begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask);
  const taken = tf.slice_util.computeOutShape(info.begin, info.end, info.strides);
  const steps = info.strides.map(Math.abs);
  const flipped = info.strides.flatMap((stride, dim) => (stride < 0 ? [dim] : []));
  const first = taken.map((count, dim) => Math.min(info.begin[dim] ?? 0, (info.begin[dim] ?? 0) + (count - 1) * (info.strides[dim] ?? 1)));
  const spans = taken.map((count, dim) => (count - 1) * (steps[dim] ?? 1) + 1);
  return ([dy]) => ({
    x: () => {
      const given = tf.reshape(dy as Tensor, taken);
      const ordered = flipped.length > 0 ? tf.reverse(given, flipped) : given;
      // Each element, then step - 1 zeros.
      const split = tf.reshape(
        ordered,
        taken.flatMap((count) => [count, 1]),
      );
      const gaps = steps.flatMap((step): [number, number][] => [
        [0, 0],
        [0, step - 1],
      ]);
      const spread = tf.reshape(
        tf.pad(split, gaps),
        taken.map((count, dim) => count * (steps[dim] ?? 1)),
      );
      const cut = tf.slice(
        spread,
        spans.map(() => 0),
        spans,
      );
      return tf.pad(
        cut,
        spans.map((span, dim) => [first[dim] ?? 0, (shape[dim] ?? 1) - (first[dim] ?? 0) - span]),
      );
    },
  });
}

/** The blocks back into channels. */
function ofDepthToSpace({ tf, shape, attrs }: Call): Gradient {
  const [batch = 1, height = 1, width = 1, channels = 1] = shape;
  const size = attrs.blockSize as number;
  const split = [batch, height, size, width, size, channels / (size * size)];
  return ([dy]) => ({ x: () => tf.reshape(tf.transpose(tf.reshape(dy as Tensor, split), [0, 1, 3, 2, 4, 5]), shape) });
}

function ofFlipLeftRight({ tf }: Call): Gradient {
  return ([dy]) => ({ image: () => tf.image.flipLeftRight(dy as never) });
}

/** Gradients that tfjs lacks or has wrong, by kernel. */
export const MISSING_GRADIENTS: Readonly<Record<string, (call: Call) => Gradient>> = {
  Cumsum: ofCumsum,
  Cumprod: ofCumprod,
  StridedSlice: ofStridedSlice,
  DepthToSpace: ofDepthToSpace,
  FlipLeftRight: ofFlipLeftRight,
};
