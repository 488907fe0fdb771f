/** Whole training steps, each as a Program, as stock tfjs's own `fit` does it, and as jax-js does. */
import type { LayersModel, Tensor, Tf } from '#engine/capture/author/tfjs.ts';
import { captureAuthored } from '#engine/capture/captureAuthored.ts';
import { mnistCnn } from '#engine/capture/presets/mnistCnn.ts';
import { mnistDense } from '#engine/capture/presets/mnistDense.ts';
import { SMALL_TRANSFORMER, textTransformer } from '#engine/capture/presets/textTransformer.ts';
import { jaxModels } from './jaxModels.ts';
import type { JaxStep } from './jaxStep.ts';
import { lstmText, resnet8 } from './models.ts';
import { inputsOf, noise, type Row } from './row.ts';

const VOCABULARY = 64;
const ADAM = { kind: 'adam', learningRate: 0.001 } as const;

/** What tfjs's own `fit` calls for a batch. */
interface Trainable {
  makeTrainFunction(): (data: Tensor[]) => Tensor[];
}

function trainStock(tf: Tf, model: LayersModel, loss: string, feeds: () => Tensor[]): (tf: Tf) => Tensor {
  model.compile({ optimizer: tf.train.adam(ADAM.learningRate, 0.9, 0.999, 1e-7), loss, metrics: ['accuracy'] });
  const step = ((model as { model?: unknown }).model ?? model) as Trainable;
  const train = step.makeTrainFunction();
  return () => tf.tidy(() => train(feeds())[0] as Tensor);
}

function digitsRow(name: string, batch: number, preset: typeof mnistDense, jax: JaxStep, shape: readonly number[]): Row {
  return {
    name: `${name}, batch ${batch}`,
    isStep: true,
    jax,
    async prepare(tf) {
      const captured = await preset({ tf, batch, seed: 1, optimizer: ADAM });
      const image = noise(batch * 784, 1).map((value) => Math.floor(value * 256));
      const label = Int32Array.from({ length: batch }, (_, k) => k % 10);
      const scaled = image.map((value) => value / 255);
      const labels = Float32Array.from(label);
      const stock = trainStock(tf, captured.model, 'sparseCategoricalCrossentropy', () => [tf.tensor(scaled, [batch, ...shape]), tf.tensor(labels, [batch, 1])]);
      return { program: captured.program, state: captured.state.map(({ initial }) => initial), inputs: inputsOf(captured.program, { image, label }), stock };
    },
  };
}

function textRow(name: string, batch: number, sizes: typeof SMALL_TRANSFORMER): Row {
  const shape = { ...sizes, vocabulary: VOCABULARY };
  const { window } = shape;
  return {
    name: `${name}, batch ${batch}`,
    isStep: true,
    jax: jaxModels.transformer(shape),
    async prepare(tf) {
      const captured = await textTransformer({ tf, batch, seed: 1, optimizer: ADAM, shape });
      const tokens = Int32Array.from(noise(batch * (window + 1), 3), (value) => Math.floor(value * VOCABULARY));
      const part = (from: number) => Int32Array.from({ length: batch * window }, (_, k) => tokens[Math.floor(k / window) * (window + 1) + (k % window) + from] as number);
      const [seen, next] = [part(0), Float32Array.from(part(1))];
      const stock = trainStock(tf, captured.model, 'sparseCategoricalCrossentropy', () => [tf.tensor(seen, [batch, window], 'int32'), tf.tensor(next, [batch, window, 1])]);
      return { program: captured.program, state: captured.state.map(({ initial }) => initial), inputs: inputsOf(captured.program, { tokens }), stock };
    },
  };
}

/** A model of the bench's own: one-hot targets of `classes`. */
interface OwnModel {
  readonly name: string;
  readonly batch: number;
  readonly classes: number;
  readonly shape: readonly number[];
  readonly isTokens: boolean;
  readonly make: (tf: Tf) => LayersModel;
  readonly jax: JaxStep;
}

function modelRow({ name, batch, classes, shape, isTokens, make, jax }: OwnModel): Row {
  return {
    name: `${name}, batch ${batch}`,
    isStep: true,
    jax,
    async prepare(tf) {
      const size = shape.reduce((all, extent) => all * extent, batch);
      const xs = isTokens ? Int32Array.from(noise(size, 1), (value) => Math.floor(value * classes)) : noise(size, 1);
      const ys = new Float32Array(batch * classes);
      for (let k = 0; k < batch; k++) ys[k * classes + (k % classes)] = 1;
      const feeds = () => [tf.tensor(xs, [batch, ...shape], isTokens ? 'int32' : 'float32'), tf.tensor(ys, [batch, classes])] as const;
      const captured = await captureAuthored(tf, () => {
        const [first, second] = feeds();
        return { model: make(tf), optimizer: tf.train.adam(ADAM.learningRate, 0.9, 0.999, 1e-7), loss: 'categoricalCrossentropy', batch: { xs: first, ys: second } };
      });
      const stock = trainStock(tf, captured.model as LayersModel, 'categoricalCrossentropy', () => [...feeds()]);
      return { program: captured.program, state: captured.state.map(({ initial }) => initial), inputs: inputsOf(captured.program, { xs, ys }), stock };
    },
  };
}

export const stepRows = (): Row[] => [
  digitsRow('mnist-dense', 64, mnistDense, jaxModels.mnistDense, [784]),
  digitsRow('mnist-cnn', 32, mnistCnn, jaxModels.mnistCnn, [28, 28, 1]),
  modelRow({ name: 'ResNet-8, 32x32x3', batch: 8, classes: 10, shape: [32, 32, 3], isTokens: false, make: resnet8, jax: jaxModels.resnet8 }),
  modelRow({
    name: 'LSTM text, 32 characters',
    batch: 16,
    classes: VOCABULARY,
    shape: [32],
    isTokens: true,
    make: (tf) => lstmText(tf, VOCABULARY, 32),
    jax: jaxModels.lstmText,
  }),
  textRow('text transformer', 8, SMALL_TRANSFORMER),
  textRow('transformer of 4 layers, d=128, T=64', 4, { window: 64, width: 128, heads: 4, blocks: 4 }),
];
