import { beforeAll, expect, test } from 'vitest';
import { loadTfjs } from '../loadTfjs.ts';
import type { NamedInput } from '../testing/runCaptured.ts';
import { runBoth } from '../testing/runCaptured.ts';
import type { Tensor, Tf } from './tfjs.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await loadTfjs();
  await tf.setBackend('cpu');
});

/** Multiples of 1/8, with zeros among them. */
function input(shape: readonly number[]): NamedInput {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { name: 'x', dtype: 'float32', shape, values: Array.from({ length: size }, (_, k) => ((k * 37 + 5) % 23) / 8 - 1) };
}

type Compute = (x: Tensor) => Tensor;

/** Running products, element by element, of operations whose gradients stock has. */
function products(x: Tensor, exclusive: boolean): Tensor {
  let running: Tensor = tf.onesLike(tf.slice(x, [0, 0], [-1, 1]));
  const columns = tf.split(x, x.shape[1] ?? 1, 1).map((column) => {
    const before = running;
    running = tf.mul(running, column);
    return exclusive ? before : running;
  });
  return tf.concat(columns, 1);
}

const turned = (x: Tensor) => tf.reverse(x, 1);
const rows = (x: Tensor, ...picked: number[]): Tensor => tf.gather(x, tf.tensor1d(picked, 'int32'));

/** What capture differentiates, and what stock does in its place. */
const CASES: readonly (readonly [name: string, shape: readonly number[], own: Compute, stock: Compute])[] = [
  ['cumsum over the first axis', [4, 4], (x) => tf.cumsum(x, 0), (x) => tf.transpose(tf.cumsum(tf.transpose(x), 1))],
  ['cumsum, exclusive, in reverse', [3, 4], (x) => tf.cumsum(x, 0, true, true), (x) => tf.transpose(tf.cumsum(tf.transpose(x), 1, true, true))],
  ['cumprod through zeros', [3, 9], (x) => tf.cumprod(x, 1), (x) => products(x, false)],
  ['cumprod, exclusive', [3, 9], (x) => tf.cumprod(x, -1, true), (x) => products(x, true)],
  ['cumprod in reverse', [3, 5], (x) => tf.cumprod(x, 1, false, true), (x) => turned(products(turned(x), false))],
  ['cumprod over the first axis', [3, 5], (x) => tf.cumprod(x), (x) => tf.transpose(products(tf.transpose(x), false))],
  ['stridedSlice', [7, 3], (x) => tf.stridedSlice(x, [1, 0], [7, 3], [2, 1]), (x) => rows(x, 1, 3, 5)],
  ['stridedSlice backwards', [7, 3], (x) => tf.stridedSlice(x, [6, 2], [0, 0], [-4, -1]), (x) => tf.reverse(tf.slice(rows(x, 6, 2), [0, 1], [2, 2]), 1)],
  [
    'stridedSlice that drops an axis',
    [7, 3],
    (x) => tf.stridedSlice(x, [2, 0], [3, 3], [1, 2], 0, 0, 0, 0, 1),
    (x) => tf.gather(tf.reshape(rows(x, 2), [3]), tf.tensor1d([0, 2], 'int32')),
  ],
  ['depthToSpace', [1, 2, 3, 8], (x) => tf.depthToSpace(x as never, 2), (x) => tf.reshape(tf.transpose(tf.reshape(x, [1, 2, 3, 2, 2, 2]), [0, 1, 3, 2, 4, 5]), [1, 4, 6, 2])],
  ['flipLeftRight', [1, 2, 4, 2], (x) => tf.image.flipLeftRight(x as never), (x) => tf.reverse(x, 2)],
];

test.each(CASES)('N4 %s has the exact gradient', async (_, shape, own, stock) => {
  const { reference, stock: expected } = await runBoth(tf, [input(shape)], (x) => {
    const compute = tf.getBackend() === 'cpu' ? stock : own;
    // Weighted so that each element's gradient differs.
    const weighted = (given: Tensor): Tensor => {
      const y = compute(given);
      return tf.sum(tf.mul(y, tf.div(tf.reshape(tf.range(1, y.size + 1, 1, 'float32'), y.shape), 8)));
    };
    return tf.concat([tf.reshape(compute(x as Tensor), [-1]), tf.reshape(tf.grad(weighted)(x as Tensor), [-1])]);
  });
  expect(reference).toHaveLength(expected.length);
  reference.forEach((value, k) =>
    expect(Math.abs(value - (expected[k] ?? Number.NaN)), `element ${k}: ${value} for ${expected[k]}`).toBeLessThanOrEqual(1e-5 * Math.max(1, ...expected.map(Math.abs))),
  );
});

test('an operation without any gradient is refused by kernel and layer', async () => {
  await expect(runBoth(tf, [input([1, 4, 4, 1])], (x) => tf.grad(tf.grad((given: Tensor) => tf.sum(tf.maxPool(given as never, 2, 2, 'valid'))))(x as Tensor))).rejects.toThrow(
    /no gradient for kernel MaxPoolGrad, used by layer step: compute it from operations/,
  );
});
