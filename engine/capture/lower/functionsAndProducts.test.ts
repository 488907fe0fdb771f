import { beforeAll, describe, expect, test } from 'vitest';
import type { Tensor, Tf } from '../author/tfjs.ts';
import { loadTfjs } from '../loadTfjs.ts';
import { runBoth } from '../testing/runCaptured.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await loadTfjs();
  await tf.setBackend('cpu');
});

const ULP = 2 ** -24;
const spread = (low: number, high: number): number[] => Array.from({ length: 997 }, (_, k) => Math.fround(low + ((high - low) * (k + 0.37)) / 997));
const powers = (from: number, to: number): number[] => Array.from({ length: 200 }, (_, k) => Math.fround((k % 2 ? -1.3 : 1.3) * 2 ** (from + ((to - from) * k) / 200)));

/** Values of `name` in the Program, against the platform's in float64. */
async function largestError(values: readonly number[], compute: (x: Tensor) => Tensor, exact: (x: number) => number): Promise<number> {
  const { reference } = await runBoth(tf, [{ name: 'x', dtype: 'float32', shape: [values.length], values }], (x) => compute(x as Tensor));
  return Math.max(...reference.map((value, k) => Math.abs(value - exact(values[k] ?? 0)) / Math.max(2 ** -100, Math.abs(exact(values[k] ?? 0)))));
}

describe('inverse functions, in units in the last place', () => {
  test.each([
    ['atan', [...spread(-4, 4), ...powers(-20, 40)], Math.atan],
    ['asin', [...spread(-1, 1), ...powers(-20, -1)], Math.asin],
    ['asinh', [...spread(-4, 4), ...powers(-20, 100)], Math.asinh],
    ['acosh', [...spread(1.001, 9), ...powers(1, 100).map(Math.abs)], Math.acosh],
    ['atanh', [...spread(-0.999, 0.999), ...powers(-20, -1)], Math.atanh],
  ] as const)('%s', async (name, values, exact) => {
    expect(await largestError(values, (x) => tf[name](x), exact)).toBeLessThanOrEqual(8 * ULP);
  });

  test('acos, at its zero relative to pi', async () => {
    expect(
      await largestError(
        spread(-1, 1),
        (x) => tf.add(tf.acos(x), Math.PI),
        (x) => Math.acos(x) + Math.PI,
      ),
    ).toBeLessThanOrEqual(8 * ULP);
    expect(
      await largestError(
        [-1, 1],
        (x) => tf.add(tf.acos(x), 1),
        (x) => Math.acos(x) + 1,
      ),
    ).toBeLessThanOrEqual(4 * ULP);
  });

  test('atan2 in every quadrant and on the axes', async () => {
    const sides = [-3, -0.5, 0, 0.25, 7];
    const ys = sides.flatMap((y) => sides.map(() => y));
    const xs = sides.flatMap(() => sides);
    const input = (name: string, values: readonly number[]) => ({ name, dtype: 'float32' as const, shape: [values.length], values });
    const { reference } = await runBoth(tf, [input('y', ys), input('x', xs)], (y, x) => tf.atan2(y as Tensor, x as Tensor));
    reference.forEach((value, k) => expect(value).toBeCloseTo(Math.atan2(ys[k] ?? 0, xs[k] ?? 0), 5));
  });
});

describe('products', () => {
  const x = { name: 'x', dtype: 'float32' as const, shape: [3, 5, 4], values: Array.from({ length: 60 }, (_, k) => ((k * 37) % 23) / 16 + 0.25) };
  test.each([
    ['prod', (t: Tensor) => tf.prod(t)],
    ['prod over the middle', (t: Tensor) => tf.prod(t, 1)],
    ['prod over two, kept', (t: Tensor) => tf.prod(t, [0, 2], true)],
    ['cumprod', (t: Tensor) => tf.cumprod(t, 1)],
    ['cumprod, exclusive, in reverse', (t: Tensor) => tf.cumprod(t, 1, true, true)],
    ['gradient of prod', (t: Tensor) => tf.grad((u) => tf.prod(u, 1))(t)],
    ['linspace, fractional range, eye', (t: Tensor) => tf.add(tf.matMul(tf.reshape(t, [15, 4]) as never, tf.eye(4)), tf.add(tf.linspace(0, 1, 4), tf.range(0, 2, 0.5, 'float32')))],
  ])('%s', async (_, compute) => {
    const { reference, stock } = await runBoth(tf, [x], (t) => compute(t as Tensor));
    expect(reference.length).toBe(stock.length);
    // 12-bit operands in the product with eye.
    reference.forEach((value, k) => expect(Math.abs(value - (stock[k] ?? Number.NaN))).toBeLessThanOrEqual(2e-6 * Math.max(1, ...stock.map(Math.abs))));
  });
});
