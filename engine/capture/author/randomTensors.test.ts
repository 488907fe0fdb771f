import { beforeAll, describe, expect, test } from 'vitest';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { captureStep } from '../captureStep.ts';
import { loadTfjs } from '../loadTfjs.ts';
import { fromBits } from '../testing/runCaptured.ts';
import { philox } from './philox.ts';
import type { Tensor, Tf } from './tfjs.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await loadTfjs();
  await tf.setBackend('cpu');
});

const SIZE = 4096;

async function draw(make: (x: Tensor) => Tensor, seed: readonly [number, number], step: number): Promise<number[]> {
  const { program, state } = await captureStep({
    tf,
    weights: [],
    optimizers: [],
    columns: [{ name: 'x', dtype: 'float32', shape: [SIZE] }],
    batch: 1,
    train: ({ x }) => ({ out: make(x as Tensor) }),
  });
  const run = await referenceExecutor.prepare(program);
  await run.load(state.map((slot) => slot.initial));
  const ones = new Uint32Array(Float32Array.from({ length: SIZE }, () => 1).buffer);
  const inputs = program.inputs.map(({ source }) => (source.kind === 'seed' ? Uint32Array.of(...seed) : source.kind === 'step' ? Uint32Array.of(step) : ones));
  const [outputs] = await run.run([inputs]);
  return fromBits(outputs?.[0] ?? new Uint32Array(0), 'f32');
}

const drawsOf = async (make: () => Tensor) =>
  (
    await captureStep({
      tf,
      weights: [],
      optimizers: [],
      columns: [{ name: 'x', dtype: 'float32', shape: [1] }],
      batch: 1,
      train: ({ x }) => ({ out: tf.add(tf.sum(x as Tensor), tf.sum(tf.cast(make(), 'float32'))) }),
    })
  ).draws;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

test('N7 a uniform tensor is Philox of (seed, step, element, stream)', async () => {
  const values = await draw((x) => tf.add(tf.mul(x, 0), tf.randomUniform([1, SIZE], 0, 1)), [3, 4], 9);
  for (const element of [0, 1, 77, SIZE - 1]) expect(values[element]).toBe((philox([3, 4], [9, element, 0, 0])[0] >>> 8) / 2 ** 24);
});

test('N7 Philox4x32-10 gives the vectors of its authors', () => {
  const hex = (words: readonly number[]) => words.map((value) => value.toString(16).padStart(8, '0')).join(' ');
  expect(hex(philox([0, 0], [0, 0, 0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
  expect(hex(philox([0xa4093822, 0x299f31d0], [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344]))).toBe('d16cfe09 94fdcceb 5001e420 24126ea1');
});

test('dropout keeps its share, scales it up, and changes with step and seed', async () => {
  const dropout = (x: Tensor) => tf.dropout(x, 0.25);
  const values = await draw(dropout, [1, 2], 0);
  const kept = values.filter((value) => value !== 0);
  expect(kept.length / SIZE).toBeGreaterThan(0.72);
  expect(kept.length / SIZE).toBeLessThan(0.78);
  expect(new Set(kept.map((value) => value.toFixed(5)))).toEqual(new Set(['1.33333']));
  expect(await draw(dropout, [1, 2], 0)).toEqual(values);
  expect(await draw(dropout, [1, 2], 1)).not.toEqual(values);
  expect(await draw(dropout, [1, 3], 0)).not.toEqual(values);
});

test('normal and stretched uniform numbers have the moments asked for; two draws differ', async () => {
  const normal = await draw((x) => tf.add(tf.mul(x, 0), tf.randomNormal([1, SIZE], 2, 0.5)), [1, 2], 0);
  expect(mean(normal)).toBeCloseTo(2, 1);
  expect(deviation(normal)).toBeCloseTo(0.5, 1);
  const uniform = await draw((x) => tf.add(tf.mul(x, 0), tf.randomUniform([1, SIZE], -3, 1)), [1, 2], 0);
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(-3);
  expect(Math.max(...uniform)).toBeLessThan(1);
  expect(mean(uniform)).toBeCloseTo(-1, 0);
  const difference = await draw((x) => tf.mul(x, tf.sub(tf.randomUniform([1, SIZE]), tf.randomUniform([1, SIZE]))), [1, 2], 0);
  expect(deviation(difference)).toBeGreaterThan(0.3);
});

describe.each([[[1]], [[2]], [[1, 2]], [[7]], [[64, 33]], [[]]] as number[][][])('of shape %j', (shape) => {
  test.each([
    [0, 1],
    [-3, 1],
    [0.1, 0.2],
    [-0.25, 0.25],
    [0, 1_234_567],
    [999, 1000],
    [1e-5, 3e-5],
  ])('the limits of a uniform tensor on [%d, %d) are found', async (min, max) => {
    expect(await drawsOf(() => tf.randomUniform(shape, min, max))).toEqual([{ kind: 'uniform', dtype: 'float32', offset: min, scale: max - min }]);
  });

  test.each([
    [0, 1],
    [2, 0.5],
    [0, 0.02],
    [-7.5, 3],
    [1e6, 1],
  ])('mean %d and deviation %d of a normal tensor are found', async (average, spread) => {
    expect(await drawsOf(() => tf.randomNormal(shape, average, spread))).toEqual([{ kind: 'normal', dtype: 'float32', offset: average, scale: spread }]);
  });

  test.each([
    [0, 1000],
    [0, 2],
    [-5, 5],
    [10, 20],
    [-9, -3],
    [0, 100_000],
  ])('the limits of whole numbers from %d to %d are found', async (min, max) => {
    expect(await drawsOf(() => tf.randomUniform(shape, min, max, 'int32'))).toEqual([{ kind: 'uniform', dtype: 'int32', offset: min, scale: max - min }]);
  });
});

test.each([
  [0, 1000],
  [-5, 5],
  [1000, 1001 + 1],
])('whole numbers from %d to %d are those that tfjs would cut off', async (min, max) => {
  const values = await draw((x) => tf.add(tf.mul(x, 0), tf.cast(tf.randomUniform([1, SIZE], min, max, 'int32'), 'float32')), [3, 4], 9);
  expect(values).toEqual(Array.from({ length: SIZE }, (_, k) => 0 + Math.trunc(min + ((max - min) * (philox([3, 4], [9, k, 0, 0])[0] >>> 8)) / 2 ** 24)));
});

test('N7 a draw has the stream of its place among the draws, used or not', async () => {
  const values = await draw(
    (x) => {
      tf.randomUniform([5]);
      const [first, second] = [tf.randomUniform([1, SIZE]), tf.randomUniform([1, SIZE])];
      return tf.sub(tf.add(tf.mul(x, 0), second), tf.mul(first, 0));
    },
    [3, 4],
    9,
  );
  expect(values[7]).toBe((philox([3, 4], [9, 7, 2, 0])[0] >>> 8) / 2 ** 24);
});
