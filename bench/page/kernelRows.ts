/** Single kernels, each as a Program, as stock tfjs does it, and as jax-js does. */
import { withAuthoringBackend } from '#engine/capture/author/authoringBackend.ts';
import type { Optimizer, Tensor, Tf, Variable } from '#engine/capture/author/tfjs.ts';
import { captureStep } from '#engine/capture/captureStep.ts';
import { jaxKernels } from './jaxKernels.ts';
import type { JaxStep } from './jaxStep.ts';
import { inputsOf, noise, type Row } from './row.ts';

const LEARNING_RATE = 0.001;

interface Kernel {
  readonly variables: Record<string, Variable>;
  readonly optimizers?: readonly Optimizer[];
  readonly run: () => Tensor;
}

type Make = (tf: Tf, variable: (shape: readonly number[], seed: number) => Variable) => Kernel;

/** One kernel: its result becomes a variable, of which one number is read. */
function kernelRow(name: string, jax: JaxStep, make: Make): Row {
  return {
    name,
    isStep: false,
    jax,
    async prepare(tf) {
      const variable = (shape: readonly number[], seed: number) => {
        const size = shape.reduce((all, extent) => all * extent, 1);
        // Larger towards the end: what is done along a wrong axis gives other numbers.
        const values = noise(size, seed).map((value, k) => (value - 0.5) * (1 + k / size));
        return tf.variable(tf.tensor(values, [...shape]));
      };
      return withAuthoringBackend(tf, async () => {
        const { variables, optimizers = [], run } = make(tf, variable);
        const weights = Object.entries(variables).map(([key, value]) => ({ name: key, variable: value, isTrainable: key === 'result' }));
        const step = () => {
          const result = run();
          const kept = variables['result'];
          if (kept && result !== (kept as Tensor)) kept.assign(result as never);
          return { first: tf.slice(tf.reshape(result, [-1]), [0], [1]) };
        };
        const { program, state } = await captureStep({ tf, weights, optimizers, columns: [], batch: 1, train: step });
        return { program, state: state.map(({ initial }) => initial), inputs: inputsOf(program, {}), stock: () => tf.tidy(() => step().first) };
      });
    },
  };
}

const matmulRow = (size: number) =>
  kernelRow(`matmul ${size}`, jaxKernels.matmul, (tf, variable) => {
    const [a, b, result] = [variable([size, size], 1), variable([size, size], 2), variable([size, size], 3)] as const;
    return { variables: { a, b, result }, run: () => tf.matMul(a as never, b as never) };
  });

const IMAGE = [8, 32, 32, 16] as const;
const FILTER = [3, 3, 16, 32] as const;
const OUTPUT = [8, 32, 32, 32] as const;

const convolutionRows = (): Row[] => [
  kernelRow('conv 3x3 forward, 8x32x32x16 to 32', jaxKernels.convolution, (tf, variable) => {
    const [x, w, result] = [variable(IMAGE, 1), variable(FILTER, 2), variable(OUTPUT, 3)] as const;
    return { variables: { x, w, result }, run: () => tf.conv2d(x as never, w as never, 1, 'same') };
  }),
  kernelRow('conv 3x3 gradient of the input', jaxKernels.inputGradient, (tf, variable) => {
    const [dy, w, result] = [variable(OUTPUT, 1), variable(FILTER, 2), variable(IMAGE, 3)] as const;
    return { variables: { dy, w, result }, run: () => tf.conv2dTranspose(dy as never, w as never, [...IMAGE], 1, 'same') };
  }),
  kernelRow('conv 3x3 gradient of the filter', jaxKernels.filterGradient, (tf, variable) => {
    const [x, dy, result] = [variable(IMAGE, 1), variable(OUTPUT, 2), variable(FILTER, 3)] as const;
    const settings = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', dimRoundingMode: undefined, filterShape: [...FILTER] };
    return { variables: { x, dy, result }, run: () => tf.engine().runKernel('Conv2DBackpropFilter', { x, dy } as never, settings as never) as Tensor };
  }),
];

const adamRow = (count: string, size: number) =>
  kernelRow(`Adam over ${count} parameters`, jaxKernels.adam, (tf, variable) => {
    const [gradient, result] = [variable([size], 1), variable([size], 2)] as const;
    const optimizer = tf.train.adam(LEARNING_RATE, 0.9, 0.999, 1e-7);
    const run = () => {
      optimizer.applyGradients({ [result.name]: gradient } as never);
      return result as Tensor;
    };
    return { variables: { gradient, result }, optimizers: [optimizer], run };
  });

const rowwiseRows = (): Row[] => [
  kernelRow('sum of 2^20', jaxKernels.sum, (tf, variable) => {
    const [x, result] = [variable([2 ** 20], 1), variable([], 2)] as const;
    return { variables: { x, result }, run: () => tf.sum(x as never) };
  }),
  kernelRow('sum over rows, 1024 x 1024', jaxKernels.sumRows, (tf, variable) => {
    const [x, result] = [variable([1024, 1024], 1), variable([1024], 2)] as const;
    return { variables: { x, result }, run: () => tf.sum(x as never, 0) };
  }),
  kernelRow('softmax 1024 x 1024', jaxKernels.softmax, (tf, variable) => {
    const [x, result] = [variable([1024, 1024], 1), variable([1024, 1024], 2)] as const;
    return { variables: { x, result }, run: () => tf.softmax(x as never) };
  }),
  kernelRow('layer norm 1024 x 1024', jaxKernels.layerNorm, (tf, variable) => {
    const [x, gamma, beta, result] = [variable([1024, 1024], 1), variable([1024], 2), variable([1024], 3), variable([1024, 1024], 4)] as const;
    const run = () => {
      const centred = tf.sub(x as never, tf.mean(x as never, -1, true));
      const variance = tf.mean(tf.square(centred), -1, true);
      return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5))), gamma as never), beta as never) as Tensor;
    };
    return { variables: { x, gamma, beta, result }, run };
  }),
  adamRow('2^20', 2 ** 20),
  adamRow('10 million', 10_000_000),
];

export const kernelRows = (): Row[] => [...[256, 512, 1024, 2048].map(matmulRow), ...convolutionRows(), ...rowwiseRows()];
