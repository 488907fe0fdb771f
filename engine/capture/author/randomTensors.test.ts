import { beforeAll, expect, test } from 'vitest';
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
