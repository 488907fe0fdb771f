/** What is timed: the presets' whole training steps, and single kernels, each as a Program and as stock tfjs does it. */
import type { Tensor, Tf, Variable } from '#engine/capture/author/tfjs.ts';
import { withAuthoringBackend } from '#engine/capture/author/authoringBackend.ts';
import { captureStep } from '#engine/capture/captureStep.ts';
import { mnistCnn } from '#engine/capture/presets/mnistCnn.ts';
import { mnistDense } from '#engine/capture/presets/mnistDense.ts';
import type { PresetResult } from '#engine/capture/presets/preset.ts';
import { SMALL_TRANSFORMER, textTransformer } from '#engine/capture/presets/textTransformer.ts';
import type { Bits } from '#engine/program/executor.ts';
import type { Profile, Program } from '#engine/program/program.ts';

export interface Prepared {
  readonly program: Program;
  readonly state: readonly Bits[];
  /** Inputs of any step: new bits are uploaded for each. */
  readonly inputs: readonly Bits[];
  /** The same step by tfjs; the scalar says when the GPU is done. */
  readonly stock: (tf: Tf) => Tensor;
}

export interface Row {
  readonly name: string;
  readonly profile: Profile;
  readonly prepare: (tf: Tf) => Promise<Prepared>;
}

const VOCABULARY = 64;
const ADAM = { kind: 'adam', learningRate: 0.001 } as const;

/** The same numbers each time, in [0, 1). */
const noise = (count: number, seed: number) => Float32Array.from({ length: count }, (_, k) => (Math.imul(k + seed, 0x9e3779b1) >>> 8) / 2 ** 24);
const bitsOf = (values: Float32Array | Int32Array): Bits => new Uint32Array(values.slice().buffer);

function inputsOf(program: Program, columns: Readonly<Record<string, Float32Array | Int32Array>>): Bits[] {
  return program.inputs.map(({ source, tensor }) => {
    const size = (program.tensors[tensor]?.shape ?? []).reduce((all, extent) => all * extent, 1);
    const column = source.kind === 'column' ? columns[source.column] : undefined;
    return column ? bitsOf(column) : new Uint32Array(size).fill(1);
  });
}

/** What tfjs's own `fit` calls for a batch. */
interface Trainable {
  makeTrainFunction(): (data: Tensor[]) => Tensor[];
}

function trainStock(tf: Tf, { model }: PresetResult, feeds: () => Tensor[]): (tf: Tf) => Tensor {
  model.compile({ optimizer: tf.train.adam(ADAM.learningRate, 0.9, 0.999, 1e-7), loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  const step = ((model as { model?: unknown }).model ?? model) as Trainable;
  const train = step.makeTrainFunction();
  return () => tf.tidy(() => train(feeds())[0] as Tensor);
}

function digitsRow(name: string, batch: number, preset: typeof mnistDense, shape: readonly number[], profile: Profile): Row {
  return {
    name: `${name}, batch ${batch}`,
    profile,
    async prepare(tf) {
      const captured = await preset({ tf, batch, seed: 1, optimizer: ADAM, profile });
      const image = noise(batch * 784, 1).map((value) => Math.floor(value * 256));
      const label = Int32Array.from({ length: batch }, (_, k) => k % 10);
      const scaled = image.map((value) => value / 255);
      const labels = Float32Array.from(label);
      const stock = trainStock(tf, captured, () => [tf.tensor(scaled, [batch, ...shape]), tf.tensor(labels, [batch, 1])]);
      return { program: captured.program, state: captured.state.map(({ initial }) => initial), inputs: inputsOf(captured.program, { image, label }), stock };
    },
  };
}

function textRow(batch: number, profile: Profile): Row {
  const { window } = SMALL_TRANSFORMER;
  return {
    name: `text transformer, batch ${batch}`,
    profile,
    async prepare(tf) {
      const captured = await textTransformer({ tf, batch, seed: 1, optimizer: ADAM, profile, shape: { ...SMALL_TRANSFORMER, vocabulary: VOCABULARY } });
      const tokens = Int32Array.from(noise(batch * (window + 1), 3), (value) => Math.floor(value * VOCABULARY));
      const part = (from: number) => Int32Array.from({ length: batch * window }, (_, k) => tokens[Math.floor(k / window) * (window + 1) + (k % window) + from] as number);
      const [seen, next] = [part(0), Float32Array.from(part(1))];
      const stock = trainStock(tf, captured, () => [tf.tensor(seen, [batch, window], 'int32'), tf.tensor(next, [batch, window, 1])]);
      return { program: captured.program, state: captured.state.map(({ initial }) => initial), inputs: inputsOf(captured.program, { tokens }), stock };
    },
  };
}

type Make = (tf: Tf, variable: (shape: readonly number[], seed: number) => Variable) => { readonly variables: Record<string, Variable>; readonly run: () => Tensor };

/** One kernel: its result becomes a variable, of which one number is read. */
function kernelRow(name: string, make: Make): Row {
  return {
    name,
    profile: 'f12',
    async prepare(tf) {
      const count = (shape: readonly number[]) => shape.reduce((all, extent) => all * extent, 1);
      const variable = (shape: readonly number[], seed: number) =>
        tf.variable(
          tf.tensor(
            noise(count(shape), seed).map((value) => value - 0.5),
            [...shape],
          ),
        );
      return withAuthoringBackend(tf, async () => {
        const { variables, run } = make(tf, variable);
        const weights = Object.entries(variables).map(([key, value]) => ({ name: key, variable: value, isTrainable: key === 'result' }));
        const step = () => {
          const result = run();
          const kept = variables['result'];
          if (kept && result !== (kept as Tensor)) kept.assign(result as never);
          return { first: tf.slice(tf.reshape(result, [-1]), [0], [1]) };
        };
        const { program, state } = await captureStep({ tf, weights, optimizers: [], columns: [], batch: 1, train: step });
        return { program, state: state.map(({ initial }) => initial), inputs: inputsOf(program, {}), stock: () => tf.tidy(() => step().first) };
      });
    },
  };
}

const matmulRow = (size: number) =>
  kernelRow(`matmul ${size}`, (tf, variable) => {
    const [a, b, result] = [variable([size, size], 1), variable([size, size], 2), variable([size, size], 3)] as const;
    return { variables: { a, b, result }, run: () => tf.matMul(a as never, b as never) };
  });

const IMAGE = [8, 32, 32, 16] as const;
const FILTER = [3, 3, 16, 32] as const;
const OUTPUT = [8, 32, 32, 32] as const;

const convolutionRows = (): Row[] => [
  kernelRow('conv 3x3 forward, 8x32x32x16 to 32', (tf, variable) => {
    const [x, w, result] = [variable(IMAGE, 1), variable(FILTER, 2), variable(OUTPUT, 3)] as const;
    return { variables: { x, w, result }, run: () => tf.conv2d(x as never, w as never, 1, 'same') };
  }),
  kernelRow('conv 3x3 gradient of the input', (tf, variable) => {
    const [dy, w, result] = [variable(OUTPUT, 1), variable(FILTER, 2), variable(IMAGE, 3)] as const;
    return { variables: { dy, w, result }, run: () => tf.conv2dTranspose(dy as never, w as never, [...IMAGE], 1, 'same') };
  }),
  kernelRow('conv 3x3 gradient of the filter', (tf, variable) => {
    const [x, dy, result] = [variable(IMAGE, 1), variable(OUTPUT, 2), variable(FILTER, 3)] as const;
    const settings = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', dimRoundingMode: undefined, filterShape: [...FILTER] };
    return { variables: { x, dy, result }, run: () => tf.engine().runKernel('Conv2DBackpropFilter', { x, dy } as never, settings as never) as Tensor };
  }),
];

const rowwiseRows = (): Row[] => [
  kernelRow('sum of 2^20', (tf, variable) => {
    const [x, result] = [variable([2 ** 20], 1), variable([], 2)] as const;
    return { variables: { x, result }, run: () => tf.sum(x as never) };
  }),
  kernelRow('sum over rows, 1024 x 1024', (tf, variable) => {
    const [x, result] = [variable([1024, 1024], 1), variable([1024], 2)] as const;
    return { variables: { x, result }, run: () => tf.sum(x as never, 0) };
  }),
  kernelRow('softmax 1024 x 1024', (tf, variable) => {
    const [x, result] = [variable([1024, 1024], 1), variable([1024, 1024], 2)] as const;
    return { variables: { x, result }, run: () => tf.softmax(x as never) };
  }),
  kernelRow('Adam over 2^20 parameters', (tf, variable) => {
    const [gradient, result] = [variable([2 ** 20], 1), variable([2 ** 20], 2)] as const;
    const optimizer = tf.train.adam(ADAM.learningRate, 0.9, 0.999, 1e-7);
    const run = () => {
      optimizer.applyGradients({ [result.name]: gradient } as never);
      return result as Tensor;
    };
    return { variables: { gradient, result }, run };
  }),
];

export function rows(): Row[] {
  const profiles = ['f12', 'e11'] as const;
  return [
    ...profiles.map((profile) => digitsRow('mnist-dense', 64, mnistDense, [784], profile)),
    ...profiles.map((profile) => digitsRow('mnist-cnn', 32, mnistCnn, [28, 28, 1], profile)),
    ...profiles.map((profile) => textRow(8, profile)),
    ...[256, 512, 1024].map(matmulRow),
    ...convolutionRows(),
    ...rowwiseRows(),
  ];
}
