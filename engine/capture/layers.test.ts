import { beforeAll, describe, expect, test } from 'vitest';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { validateProgram } from '#engine/program/validateProgram.ts';
import { withAuthoringBackend } from './author/authoringBackend.ts';
import { withSeededWeights } from './author/seededModel.ts';
import type { LayersModel, Optimizer, Tf } from './author/tfjs.ts';
import { captureModel } from './captureModel.ts';
import { loadTfjs } from './loadTfjs.ts';
import { fromBits, inputsFor, toBits } from './testing/runCaptured.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await loadTfjs();
  await tf.setBackend('cpu');
});

const BATCH = 3;
const STEPS = 3;

interface Case {
  readonly name: string;
  readonly model: () => LayersModel;
  readonly loss?: string;
  readonly optimizer?: () => Optimizer;
  /** Whole numbers under this for the input: tokens. */
  readonly tokens?: number;
}

/** The layers on rows of this shape, then two numbers out. */
const chain =
  (shape: number[], ...layers: (() => unknown)[]) =>
  (): LayersModel => {
    const model = tf.sequential();
    model.add(tf.layers.inputLayer({ inputShape: shape }));
    for (const layer of layers) model.add(layer() as never);
    if ((model.outputs[0]?.shape.length ?? 2) > 2) model.add(tf.layers.flatten());
    model.add(tf.layers.dense({ units: 2 }));
    return model;
  };
const l = () => tf.layers;

const LAYERS: readonly Case[] = [
  {
    name: 'dense with every activation',
    model: chain(
      [6],
      ...(['elu', 'hardSigmoid', 'relu', 'relu6', 'selu', 'sigmoid', 'softplus', 'softsign', 'tanh', 'swish', 'mish', 'linear', 'softmax'] as const).map(
        (activation) => () => l().dense({ units: 6, activation }),
      ),
    ),
  },
  {
    name: 'conv1d, pooling1d',
    model: chain(
      [12, 3],
      () => l().conv1d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' }),
      () => l().maxPooling1d({ poolSize: 2 }),
      () => l().averagePooling1d({ poolSize: 2 }),
    ),
  },
  {
    name: 'conv2d, batchNormalization',
    model: chain(
      [6, 6, 2],
      () => l().conv2d({ filters: 4, kernelSize: 3, useBias: false }),
      () => l().batchNormalization(),
      () => l().leakyReLU(),
    ),
  },
  {
    name: 'conv3d, pooling3d',
    model: chain(
      [4, 4, 4, 2],
      () => l().conv3d({ filters: 3, kernelSize: 2, padding: 'same' }),
      () => l().maxPooling3d({ poolSize: 2, strides: 2 }),
      () => l().averagePooling3d({ poolSize: 2, strides: 1 }),
    ),
  },
  {
    name: 'depthwise and separable convolution',
    model: chain(
      [6, 6, 2],
      () => l().depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }),
      () => l().separableConv2d({ filters: 3, kernelSize: 2 }),
    ),
  },
  { name: 'transposed convolution', model: chain([4, 4, 2], () => l().conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same' })) },
  {
    name: 'upsampling, zero padding, cropping',
    model: chain(
      [4, 4, 2],
      () => l().upSampling2d({ size: [2, 2] }),
      () => l().zeroPadding2d({ padding: 1 }),
      () =>
        l().cropping2D({
          cropping: [
            [1, 2],
            [0, 3],
          ],
        }),
    ),
  },
  { name: 'global pooling', model: chain([4, 4, 3], () => l().globalAveragePooling2d({ dataFormat: 'channelsLast' })) },
  { name: 'global max pooling', model: chain([4, 4, 3], () => l().globalMaxPooling2d({ dataFormat: 'channelsLast' })) },
  {
    name: 'layerNormalization, prelu',
    model: chain(
      [5, 6],
      () => l().layerNormalization(),
      () => l().prelu(),
    ),
  },
  { name: 'embedding', tokens: 7, model: chain([5], () => l().embedding({ inputDim: 7, outputDim: 4 })) },
  {
    name: 'simpleRNN',
    model: chain(
      [4, 3],
      () => l().simpleRNN({ units: 5, returnSequences: true }),
      () => l().simpleRNN({ units: 4 }),
    ),
  },
  { name: 'LSTM', model: chain([4, 3], () => l().lstm({ units: 5 })) },
  { name: 'GRU', model: chain([4, 3], () => l().gru({ units: 5 })) },
  {
    name: 'bidirectional, timeDistributed',
    model: chain(
      [4, 3],
      () => l().bidirectional({ layer: l().lstm({ units: 3, returnSequences: true }), mergeMode: 'concat' }),
      () => l().timeDistributed({ layer: l().dense({ units: 2 }) }),
    ),
  },
  {
    name: 'masking',
    model: chain(
      [4, 3],
      () => l().masking({ maskValue: 0.5 }),
      () => l().simpleRNN({ units: 5 }),
    ),
  },
  {
    name: 'reshape, permute, repeatVector',
    model: chain(
      [12],
      () => l().reshape({ targetShape: [3, 4] }),
      () => l().permute({ dims: [2, 1] }),
      () => l().flatten(),
      () => l().repeatVector({ n: 2 }),
    ),
  },
  {
    name: 'functional: shared layer, add, multiply, average, maximum, concatenate, dot, subtract by minimum',
    model: () => {
      const input = tf.input({ shape: [6] });
      const shared = l().dense({ units: 6, activation: 'tanh' });
      const a = shared.apply(input) as never;
      const b = shared.apply(a) as never;
      const parts = [
        l().add().apply([a, b]),
        l().multiply().apply([a, b]),
        l().average().apply([a, b]),
        l().maximum().apply([a, b]),
        l().minimum().apply([a, b]),
        l().dot({ axes: 1 }).apply([a, b]),
      ];
      return tf.model({
        inputs: input,
        outputs: l()
          .dense({ units: 2 })
          .apply(
            l()
              .concatenate()
              .apply(parts as never),
          ) as never,
      });
    },
  },
  {
    name: 'regularizers',
    model: chain([6], () => l().dense({ units: 4, kernelRegularizer: tf.regularizers.l1l2({ l1: 0.01, l2: 0.02 }), biasRegularizer: tf.regularizers.l2() })),
  },
  { name: 'constraints', model: chain([6], () => l().dense({ units: 4, kernelConstraint: tf.constraints.maxNorm({ maxValue: 1, axis: 0 }) })) },
];

const OPTIMIZERS: readonly Case[] = (
  [
    ['sgd', () => tf.train.sgd(0.05)],
    ['momentum', () => tf.train.momentum(0.05, 0.9)],
    ['nesterov', () => tf.train.momentum(0.05, 0.9, true)],
    ['adam', () => tf.train.adam(0.01)],
    ['adamax', () => tf.train.adamax(0.01)],
    ['adagrad', () => tf.train.adagrad(0.05)],
    ['adadelta', () => tf.train.adadelta(0.5)],
    ['rmsprop', () => tf.train.rmsprop(0.01)],
    ['rmsprop, centered, momentum', () => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-6, true)],
  ] as const
).map(([name, optimizer]) => ({ name, optimizer, model: chain([6], () => tf.layers.dense({ units: 5, activation: 'tanh' })) }));

const LOSSES: readonly Case[] = (
  [
    'meanSquaredError',
    'meanAbsoluteError',
    'meanAbsolutePercentageError',
    'meanSquaredLogarithmicError',
    'squaredHinge',
    'hinge',
    'categoricalHinge',
    'logcosh',
    'categoricalCrossentropy',
    'binaryCrossentropy',
    'kullbackLeiblerDivergence',
    'poisson',
    'cosineProximity',
  ] as const
).map((loss) => ({
  name: loss,
  loss,
  model: () => tf.sequential({ layers: [tf.layers.dense({ inputShape: [6], units: 2, activation: loss === 'binaryCrossentropy' ? 'sigmoid' : 'softmax' })] }),
}));

/** Loss of each step on the reference executor and on stock tfjs, from the same weights. */
async function follow(subject: Case): Promise<{ reference: number[]; stock: number[] }> {
  return withAuthoringBackend(tf, async () => {
    const model = withSeededWeights(tf, 11, subject.model);
    const loss = subject.loss ?? 'meanSquaredError';
    const optimizer = subject.optimizer ?? (() => tf.train.sgd(0.05));
    const inputShape = (model.inputs[0]?.shape ?? []).slice(1) as number[];
    const outputShape = (model.outputs[0]?.shape ?? []).slice(1) as number[];
    const size = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);
    const captured = await captureModel({
      tf,
      model,
      optimizer: optimizer(),
      loss,
      batch: BATCH,
      columns: [
        { name: 'x', dtype: 'float32', shape: inputShape },
        { name: 'y', dtype: 'float32', shape: outputShape },
      ],
      inputs: [{ column: 'x' }],
      targets: [{ column: 'y' }],
    });
    validateProgram(captured.program);
    const run = await referenceExecutor.prepare(captured.program);
    await run.load(captured.state.map((slot) => slot.initial));
    model.compile({ optimizer: optimizer(), loss });
    const reference: number[] = [];
    const stock: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const x = Array.from({ length: BATCH * size(inputShape) }, (_, k) => (subject.tokens ? (k * 5 + step) % subject.tokens : (((k + step) * 37 + k * k * 11) % 64) / 32 - 1));
      const y = Array.from({ length: BATCH * size(outputShape) }, (_, k) => (((k % 2) + Math.floor(k / 2) + step) % 2 === 0 ? 1 : 0));
      const [outputs] = await run.run([inputsFor(captured.program, { x: toBits(x, 'float32'), y: toBits(y, 'float32') })]);
      reference.push(fromBits(outputs?.[0] ?? new Uint32Array(1), 'f32')[0] ?? Number.NaN);
      const value = await model.trainOnBatch(tf.tensor(x, [BATCH, ...inputShape]), tf.tensor(y, [BATCH, ...outputShape]));
      stock.push(Array.isArray(value) ? (value[0] ?? Number.NaN) : value);
    }
    return { reference, stock };
  });
}

describe.each([
  ['layers', LAYERS],
  ['optimizers', OPTIMIZERS],
  ['losses', LOSSES],
] as const)('%s', (_, cases) => {
  test.each(cases)('N4 $name: loss follows stock tfjs', async (subject) => {
    const { reference, stock } = await follow(subject);
    stock.forEach((expected, step) => {
      const value = reference[step] ?? Number.NaN;
      expect(Math.abs(value - expected), `step ${step}: ${value} for ${expected}`).toBeLessThanOrEqual(3e-3 * Math.max(0.1, Math.abs(expected)));
    });
  });
});
