import { beforeAll, describe, expect, test } from 'vitest';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { hashProgram } from '#engine/program/hashProgram.ts';
import { validateProgram } from '#engine/program/validateProgram.ts';
import type { Tensor, Tf } from './author/tfjs.ts';
import { captureLayersModel } from './captureLayersModel.ts';
import { captureStep } from './captureStep.ts';
import { exportLayersModel } from './exportLayersModel.ts';
import { exportSafetensors } from './exportSafetensors.ts';
import { loadTfjs } from './loadTfjs.ts';
import { loadTrained, weightsOfGlobal, weightsOfState } from './loadTrained.ts';
import { mnistDense } from './presets/mnistDense.ts';
import { SMALL_TRANSFORMER, textTransformer } from './presets/textTransformer.ts';
import { fromBits } from './testing/runCaptured.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await loadTfjs();
  await tf.setBackend('cpu');
});

const SGD = { kind: 'sgd', learningRate: 0.1 } as const;

/** A small table classifier as its owner would bring it: model.json and, perhaps, weights. */
function ownModel(): { json: object; weights: Uint8Array } {
  const model = tf.sequential({
    layers: [tf.layers.dense({ inputShape: [4], units: 8, activation: 'tanh' }), tf.layers.batchNormalization(), tf.layers.dense({ units: 3, activation: 'softmax' })],
  });
  const weights = model.getWeights().map((tensor, k) => ({ name: model.weights[k]?.originalName ?? '', shape: tensor.shape, values: Float32Array.from(tensor.dataSync()) }));
  const files = exportLayersModel(model.toJSON(null, false) as object, weights);
  return { json: JSON.parse(files.modelJson), weights: files.weightsBin };
}

const TABLE = {
  columns: [
    { name: 'features', dtype: 'float32', shape: [4] },
    { name: 'class', dtype: 'int32', shape: [] },
  ],
  inputs: [{ column: 'features' }],
  targets: [{ column: 'class' }],
  loss: 'sparseCategoricalCrossentropy',
  optimizer: SGD,
  batch: 4,
  seed: 3,
} as const;

describe('trained models leave', () => {
  test('as a layers model that plain tfjs loads, predicting the same', async () => {
    const { model, topology, weightOrder, state } = await textTransformer({ tf, batch: 2, optimizer: SGD, seed: 5, shape: { ...SMALL_TRANSFORMER, vocabulary: 20 } });
    const weights = weightsOfState(
      weightOrder,
      state.map((slot) => slot.initial),
    );
    const files = exportLayersModel(topology, weights);
    const json = JSON.parse(files.modelJson);
    const loaded = await tf.loadLayersModel({
      load: async () => ({ modelTopology: json.modelTopology, weightSpecs: json.weightsManifest[0].weights, weightData: files.weightsBin.buffer }),
    });
    const tokens = tf.tensor2d(
      Array.from({ length: 32 }, (_, k) => (k * 7) % 20),
      [1, 32],
      'int32',
    );
    expect([...(loaded.predict(tokens) as Tensor).dataSync()]).toEqual([...(model.predict(tokens) as Tensor).dataSync()]);
  });

  test('H4 from a global state, whose tensors skip the local ones', async () => {
    const { weightOrder, state, topology } = await mnistDense({ tf, batch: 2, optimizer: { kind: 'adam', learningRate: 0.1 }, seed: 5 });
    const global = state.filter((slot) => slot.role !== 'local').map((slot) => slot.initial);
    const weights = weightsOfGlobal(weightOrder, global);
    expect(weights.map((weight) => weight.name)).toEqual(['dense_1/kernel', 'dense_1/bias', 'dense_2/kernel', 'dense_2/bias']);
    const model = await loadTrained(tf, topology, weights);
    expect(model.predict(tf.zeros([1, 784]))).toHaveProperty('shape', [1, 10]);
    expect(() => weightsOfGlobal(weightOrder, global.slice(1))).toThrow(/not this model's state/);
  });

  test('as safetensors', () => {
    const file = exportSafetensors([
      { name: 'a/kernel', shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) },
      { name: 'a/bias', shape: [2], values: Float32Array.of(5, -6) },
    ]);
    const view = new DataView(file.buffer);
    const length = Number(view.getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
    expect(header['a/bias']).toEqual({ dtype: 'F32', shape: [2], data_offsets: [16, 24] });
    expect(view.getFloat32(8 + length + 20, true)).toBe(-6);
    expect(file.length).toBe(8 + length + 24);
  });
});

describe("a requestor's own model", () => {
  test('is captured with its weights, and keeps them', async () => {
    const files = ownModel();
    const captured = await captureLayersModel({ tf, files, ...TABLE });
    validateProgram(captured.program);
    const given = new Float32Array(files.weights.slice().buffer);
    const held = weightsOfState(
      captured.weightOrder,
      captured.state.map((slot) => slot.initial),
    ).flatMap((weight) => [...weight.values]);
    expect(held).toEqual([...given]);
    expect(captured.state.map((slot) => `${slot.role} ${slot.name}`)).toEqual([
      'trained dense_1/kernel',
      'trained dense_1/bias',
      'trained batch_normalization_1/gamma',
      'trained batch_normalization_1/beta',
      'trained dense_2/kernel',
      'trained dense_2/bias',
      'averaged batch_normalization_1/moving_mean',
      'averaged batch_normalization_1/moving_variance',
    ]);
    expect(captured.weightOrder.map((place) => captured.state[place.state]?.shape)).toEqual(captured.weightOrder.map((place) => place.shape));
  });

  test('without weights gets seeded ones: the same each time, others for another seed', async () => {
    const { json } = ownModel();
    const [first, again, other] = [
      await captureLayersModel({ tf, files: { json, weights: null }, ...TABLE }),
      await captureLayersModel({ tf, files: { json, weights: null }, ...TABLE }),
      await captureLayersModel({ tf, files: { json, weights: null }, ...TABLE, seed: 4 }),
    ];
    expect(again.state).toEqual(first.state);
    expect(hashProgram(again.program)).toEqual(hashProgram(first.program));
    expect(other.state[0]?.initial).not.toEqual(first.state[0]?.initial);
    const run = await referenceExecutor.prepare(first.program);
    await run.load(first.state.map((slot) => slot.initial));
    const inputs = first.program.inputs.map(({ tensor }) =>
      first.program.tensors[tensor]?.dtype === 'f32' ? new Uint32Array(Float32Array.from({ length: 16 }, (_, k) => k / 8).buffer) : Uint32Array.of(0, 1, 2, 0),
    );
    const [outputs] = await run.run([inputs]);
    expect(fromBits(outputs?.[0] ?? new Uint32Array(1), 'f32')[0]).toBeGreaterThan(0);
  });

  test.each([
    ['a graph model', { json: { modelTopology: { node: [] } }, weights: null }, {}, /graph model/],
    ['something else', { json: { hello: 1 }, weights: null }, {}, /no tfjs layers model/],
    ['a column that is missing', null, { inputs: [{ column: 'pixels' }] }, /no column "pixels"/],
    ['rows of another width', null, { inputs: [{ column: 'features', reshape: [2, 2] }] }, /takes rows of \[4\]/],
    ['too few inputs', null, { inputs: [] }, /1 inputs, 0 were given/],
  ])('%s is refused in plain words', async (_, files, changes, message) => {
    const own = ownModel();
    await expect(captureLayersModel({ tf, ...TABLE, files: files ?? { json: own.json, weights: null }, ...changes })).rejects.toThrow(message);
  });

  test('truncated weights are refused with both sizes', async () => {
    const own = ownModel();
    await expect(captureLayersModel({ tf, ...TABLE, files: { json: own.json, weights: own.weights.slice(4) } })).rejects.toThrow(/lists \d+ bytes of weights, the file has \d+/);
  });
});

describe('what a Program cannot hold is refused by name', () => {
  const refuse = async (compute: (x: Tensor) => Tensor) => {
    await captureStep({ tf, weights: [], optimizers: [], columns: [{ name: 'x', dtype: 'float32', shape: [4] }], batch: 2, train: ({ x }) => ({ out: compute(x as Tensor) }) });
  };

  test('a kernel without lowering', async () => {
    await expect(refuse((x) => tf.topk(x, 2).values)).rejects.toThrow(/no exact lowering for kernel TopK, used by layer step/);
  });
  test('numbers read in mid-step', async () => {
    await expect(refuse((x) => tf.mul(x, x.dataSync()[0] ?? 0))).rejects.toThrow(/reads a tensor's numbers in mid-step/);
  });
  test('data and random numbers made inside the step', async () => {
    await expect(refuse((x) => tf.mul(x, tf.tensor([3, 1, 4, 1])))).rejects.toThrow(/made from JavaScript inside the step/);
    await expect(refuse((x) => tf.add(x, tf.truncatedNormal([2, 4])))).rejects.toThrow(/tf.truncatedNormal draws from a distribution that has no exact form/);
    await expect(refuse((x) => tf.add(x, tf.randomUniform([2, 4], 0, 1, 'float32', 7)))).rejects.toThrow(/tf.randomUniform has a seed of its own/);
  });
  test('tfjs works as before afterwards', async () => {
    await refuse((x) => tf.topk(x, 2).values).catch(() => undefined);
    expect(tf.getBackend()).toBe('cpu');
    expect([...tf.tidy(() => tf.add(tf.tensor([1, 2]), 1)).dataSync()]).toEqual([2, 3]);
  });
});
