import { beforeAll, describe, expect, test } from 'vitest';
import type { LayersModel, Tf } from './author/tfjs.ts';
import { captureAuthored } from './captureAuthored.ts';
import { captureLayersModel } from './captureLayersModel.ts';
import type { ModelRequest } from './captureModel.ts';
import { loadTfjs } from './loadTfjs.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await loadTfjs();
  await tf.setBackend('cpu');
});

/** Rows of `inShape` to three numbers for each of their last dimension. */
const toThree = (...inShape: number[]): LayersModel => tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: inShape, activation: 'softmax', name: 'three' })] });

async function said(model: LayersModel, loss: ModelRequest['loss'], xs: number[], ys: number[] | number[][], dtype: 'float32' | 'int32' = 'float32'): Promise<string> {
  const targets = typeof ys[0] === 'number' ? tf.ones(ys as number[], dtype) : (ys as number[][]).map((shape) => tf.ones(shape, dtype));
  return captureAuthored(tf, () => ({ model, optimizer: 'sgd', loss: loss as string, batch: { xs: tf.ones(xs), ys: targets } })).then(
    () => 'nothing',
    (error: unknown) => (error as Error).message,
  );
}

describe('targets that do not fit the output are refused, as by trainOnBatch', () => {
  test.each([
    [
      'one number for three',
      'meanSquaredError',
      [4, 1],
      /output 1 of the model \("three"\) gives rows of \[3\], its target, column "ys", has rows of \[1\]: give targets of the output's shape/,
    ],
    ['two for three', 'categoricalCrossentropy', [4, 2], /has rows of \[2\]: give targets of the output's shape/],
    ['rows of rows', 'meanSquaredError', [4, 1, 3], /has rows of \[1, 3\]/],
    ['one-hot rows for class numbers', 'sparseCategoricalCrossentropy', [4, 3], /has rows of \[3\]: sparseCategoricalCrossentropy takes class numbers, rows of \[1\]/],
  ] as const)('%s', async (_, loss, ys, says) => {
    expect(await said(toThree(2), loss, [4, 2], [...ys])).toMatch(says);
  });

  test('class numbers, with or without a last dimension of 1, are taken', async () => {
    expect(await said(toThree(2), 'sparseCategoricalCrossentropy', [4, 2], [4], 'int32')).toBe('nothing');
    expect(await said(toThree(2), 'sparseCategoricalCrossentropy', [4, 2], [4, 1])).toBe('nothing');
    expect(await said(toThree(5, 2), 'sparseCategoricalCrossentropy', [4, 5, 2], [4, 5], 'int32')).toBe('nothing');
    expect(await said(toThree(5, 2), 'sparseCategoricalCrossentropy', [4, 5, 2], [4, 6], 'int32')).toMatch(/takes class numbers, rows of \[5, 1\]/);
  });

  test('one output and categoricalCrossentropy, whose loss would always be 0', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    expect(await said(model, 'categoricalCrossentropy', [4, 2], [4, 1])).toMatch(/take binaryCrossentropy/);
  });

  test("of a requestor's own model", async () => {
    const json = { modelTopology: toThree(2).toJSON(null, false) as object };
    const request = (shape: number[]) =>
      captureLayersModel({
        tf,
        files: { json, weights: null },
        seed: 1,
        optimizer: { kind: 'sgd', learningRate: 0.1 },
        loss: 'meanSquaredError',
        columns: [
          { name: 'x', dtype: 'float32', shape: [2] },
          { name: 'y', dtype: 'float32', shape },
        ],
        inputs: [{ column: 'x' }],
        targets: [{ column: 'y' }],
        batch: 4,
      });
    await expect(request([1])).rejects.toThrow(/output 1 of the model \("three"\) gives rows of \[3\], its target, column "y", has rows of \[1\]/);
    await expect(request([3])).resolves.toHaveProperty('program');
  });
});

test('inputs that do not fit are refused', async () => {
  expect(await said(toThree(2), 'meanSquaredError', [4, 5], [4, 3])).toMatch(/input 1 of the model takes rows of \[2\], column "xs" gives \[5\]/);
  const fixed = tf.sequential({ layers: [tf.layers.dense({ units: 3, batchInputShape: [8, 2] })] });
  expect(await said(fixed, 'meanSquaredError', [4, 2], [4, 3])).toMatch(/made for batches of 8 rows, the batch has 4/);
});

describe('losses', () => {
  const twoOutputs = (): LayersModel => {
    const input = tf.input({ shape: [2] });
    const output = (name: string) => tf.layers.dense({ units: 3, name }).apply(input) as never;
    return tf.model({ inputs: input, outputs: [output('p'), output('q')] });
  };
  const targets = [
    [4, 3],
    [4, 3],
  ];
  test.each([
    ['one is missing', { p: 'meanSquaredError' }, /output "q" of the model has no loss: give one for each output/],
    ['one has no output', { p: 'meanSquaredError', q: 'meanSquaredError', r: 'hinge' }, /a loss is given for "r", but the model's outputs are p, q/],
    ['too few', ['meanSquaredError'], /2 outputs, 1 losses were given/],
  ] as const)('%s', async (_, loss, says) => {
    expect(await said(twoOutputs(), loss, [4, 2], targets)).toMatch(says);
  });
  test('as many targets as outputs', async () => {
    expect(await said(twoOutputs(), 'meanSquaredError', [4, 2], [[4, 3]])).toMatch(/2 outputs, 1 targets were given/);
  });
});

test('a model without anything to train is refused', async () => {
  const model = toThree(2);
  (model.layers[0] as { trainable: boolean }).trainable = false;
  expect(await said(model, 'meanSquaredError', [4, 2], [4, 3])).toMatch(/no weight to train: set trainable = true/);
});
