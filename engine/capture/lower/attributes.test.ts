import { beforeAll, expect, test } from 'vitest';
import type { Tensor, Tf } from '../author/tfjs.ts';
import { loadTfjs } from '../loadTfjs.ts';
import type { NamedInput } from '../testing/runCaptured.ts';
import { runBoth } from '../testing/runCaptured.ts';
import { flat, withGradients } from '../testing/withGradients.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await loadTfjs();
  await tf.setBackend('cpu');
});

function floats(...shape: readonly number[]): NamedInput {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { name: `f${size}`, dtype: 'float32', shape, values: Array.from({ length: size }, (_, k) => ((k * 37 + 5) % 61) / 8 - 3) };
}
/** From `low` on, `count` different numbers. */
function integers(shape: readonly number[], low: number, count: number): NamedInput {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { name: `i${low}`, dtype: 'int32', shape, values: Array.from({ length: size }, (_, k) => ((k * 7919 + 3) % count) + low) };
}

type Compute = (...tensors: Tensor[]) => Tensor;
type Case = readonly [name: string, inputs: readonly NamedInput[], compute: Compute];

/** As `withGradients`, of the first tensor. */
const withGradient =
  (compute: (x: Tensor) => Tensor): Compute =>
  (...[x]) =>
    withGradients(tf, compute, [x as Tensor]);

/** Attributes that tfjs leaves out, counts from the end or takes as one number. */
const LEFT_OUT: readonly Case[] = [
  ['slice without a size', [floats(3, 4)], withGradient((x) => tf.slice(x, [1, 0]))],
  ['slice from one number on', [floats(3, 4)], withGradient((x) => x.slice(1))],
  ['slice with fewer numbers than dimensions', [floats(3, 4)], withGradient((x) => tf.slice(x, [1], [2]))],
  ['slice with one number as its size', [floats(3, 4)], withGradient((x) => tf.slice(x, [1, 1], 2))],
  ['reverse without an axis', [floats(3, 4)], withGradient((x) => tf.reverse(x))],
  ['reverse with null as its axis', [floats(3, 4)], withGradient((x) => tf.reverse(x, null as never))],
  ['reverse from the end', [floats(3, 4)], withGradient((x) => tf.reverse(x, [-1]))],
  ['reverse of a scalar', [floats(3, 4)], (x) => tf.reverse(tf.sum(x as Tensor))],
  [
    'reductions without and with negative axes',
    [floats(2, 3, 4)],
    (x) => flat(tf, ...(['sum', 'mean', 'max', 'min'] as const).flatMap((name) => [tf[name](x as Tensor), tf[name](x as Tensor, [-1, 0], true)])),
  ],
  ['argMax without an axis', [floats(3, 4)], (x) => flat(tf, tf.argMax(x as Tensor), tf.argMin(x as Tensor, -1))],
  [
    'transpose, expandDims, stack, split without axes',
    [floats(4, 3)],
    withGradient((x) => tf.stack(tf.split(tf.transpose(tf.transpose(x)), 2).map((part) => tf.squeeze(tf.expandDims(part), [-3])))),
  ],
  ['split with a size left open', [floats(4, 5)], (x) => flat(tf, ...tf.split(x as Tensor, [2, -1], -1))],
  ['range that counts down', [floats(5)], (x) => tf.add(x as Tensor, tf.range(5, 0))],
  ['gather with batch dimensions from the end', [floats(2, 3, 4), integers([2, 2], 0, 3)], (x, at) => tf.gather(x as Tensor, at as never, 1, -1)],
  [
    'stridedSlice with masks',
    [floats(5, 6)],
    (x) => flat(tf, tf.stridedSlice(x as Tensor, [1, 2], [4, 5], [1, 2], 1, 2), tf.stridedSlice(x as Tensor, [0, 0], [0, 0], [-1, -2], 3, 3)),
  ],
];

const INTEGERS: readonly Case[] = [
  ['clipped integers', [integers([3, 5], -7, 15)], (x) => flat(tf, tf.clipByValue(x as Tensor, -2, 3), tf.relu6(x as Tensor), tf.relu(x as Tensor))],
  ['step of integers', [integers([3, 5], -7, 15)], (x) => flat(tf, tf.step(x as Tensor), tf.step(x as Tensor, 2))],
  [
    'integers divided by zero',
    [integers([3, 5], -7, 15), integers([3, 5], -1, 3)],
    (a, b) => flat(tf, tf.floorDiv(a as Tensor, b as Tensor), tf.div(a as Tensor, b as Tensor), tf.mod(a as Tensor, b as Tensor)),
  ],
  ['pooled integers', [integers([1, 4, 4, 2], -40, 80)], (x) => flat(tf, tf.maxPool(x as never, 2, 2, 'valid'))],
  ['resized integers', [integers([1, 3, 3, 2], -40, 80)], (x) => flat(tf, tf.image.resizeBilinear(x as never, [6, 6]))],
];

test.each([...LEFT_OUT, ...INTEGERS])('P1 %s, as tfjs on the CPU', async (_, inputs, compute) => {
  const { reference, stock } = await runBoth(tf, inputs, compute);
  expect(reference).toHaveLength(stock.length);
  reference.forEach((value, k) =>
    expect(Math.abs(value - (stock[k] as number)), `element ${k}: ${value} for ${stock[k]}`).toBeLessThanOrEqual(1e-5 * Math.max(1, ...stock.map(Math.abs))),
  );
});

test.each([
  ['beyond the end', (x: Tensor) => tf.slice(x, [2, 0], [2, 4]), /would overflow/],
  ['before the start', (x: Tensor) => tf.slice(x, [-2, 0], [2, 4]), /begins at 0 or later, not at \[-2, 0\]/],
] as const)('a slice %s is refused', async (_, compute, says) => {
  await expect(runBoth(tf, [floats(3, 4)], (x) => compute(x as Tensor))).rejects.toThrow(says);
});

test("the last window of a convolution that rounds its size up has its share in the filter's gradient, which stock leaves out", async () => {
  const x = floats(1, 6, 6, 1);
  const filter: NamedInput = { name: 'filter', dtype: 'float32', shape: [3, 3, 1, 2], values: Array.from({ length: 18 }, (_, k) => k / 8 - 1) };
  // The same windows of a picture that has a row and a column of zeros more.
  const rounded = (picture: Tensor, w: Tensor): Tensor => tf.conv2d(picture as never, w as never, 2, 0, 'NHWC', 1, 'ceil');
  const padded = (picture: Tensor, w: Tensor): Tensor => {
    const wider = tf.pad(picture, [
      [0, 0],
      [0, 1],
      [0, 1],
      [0, 0],
    ]);
    return tf.conv2d(wider as never, w as never, 2, 'valid');
  };
  const { reference, stock } = await runBoth(tf, [x, filter], (picture, w) => {
    const compute = tf.getBackend() === 'cpu' ? padded : rounded;
    const weighted = (...given: Tensor[]): Tensor => {
      const y = compute(given[0] as Tensor, given[1] as Tensor);
      return tf.sum(tf.mul(y, tf.div(tf.reshape(tf.range(1, y.size + 1, 1, 'float32'), y.shape), 8)));
    };
    return flat(tf, ...tf.grads(weighted)([picture as Tensor, w as Tensor]));
  });
  reference.forEach((value, k) => expect(Math.abs(value - (stock[k] as number))).toBeLessThanOrEqual(1e-5 * Math.max(1, ...stock.map(Math.abs))));
});
