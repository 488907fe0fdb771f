import { beforeAll, describe, expect, test } from 'vitest';
import type { Tensor, Tf } from './author/tfjs.ts';
import { captureAuthored } from './captureAuthored.ts';
import { loadTfjs } from './loadTfjs.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await loadTfjs();
  await tf.setBackend('cpu');
});

/** What capture says to an export that TypeScript would not let pass. */
async function saidTo(author: (given: Tf) => unknown): Promise<string> {
  return captureAuthored(tf, author as never).then(
    () => 'nothing',
    (error: unknown) => (error as Error).message,
  );
}

type Make = () => object;
type Case = readonly [name: string, author: () => unknown, says: RegExp];

/** Exports a layers model, changed. */
function model(changes: Make): Make {
  return () => ({
    model: tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2] })] }),
    optimizer: 'adam',
    loss: 'meanSquaredError',
    batch: { xs: tf.ones([4, 2]), ys: tf.ones([4, 3]) },
    ...changes(),
  });
}

/** Exports a step over one kernel, changed. */
function step(changes: Make): Make {
  return () => {
    const kernel = tf.variable(tf.ones([2, 2]));
    const compute = ({ x }: { x: Tensor }) => tf.mean(tf.square(tf.matMul(x, kernel)));
    return { variables: { kernel }, optimizer: tf.train.sgd(0.1), batch: { x: tf.ones([4, 2]) }, step: compute, ...changes() };
  };
}

test('what is exact is taken', async () => {
  expect(await saidTo(model(() => ({})))).toBe('nothing');
  expect(await saidTo(step(() => ({})))).toBe('nothing');
});

describe('an export that lacks something is told what to export', () => {
  test.each<Case>([
    ['nothing at all', () => undefined, /default export gives undefined: have it return \{ model, optimizer/],
    ['neither a model nor a step', () => ({ batch: {} }), /neither a model nor a step: export \{ model/],
    ['no layers model', model(() => ({ model: {} })), /no layers model: make it with tf.sequential/],
    ['no optimizer', model(() => ({ optimizer: undefined })), /no optimizer: add one, optimizer: tf.train.adam/],
    ['no batch', model(() => ({ batch: undefined })), /no example batch to train on: add batch: \{ xs, ys \}/],
    ['no targets', model(() => ({ batch: { xs: tf.ones([4, 2]) } })), /no example batch to train on/],
    ['no loss', model(() => ({ loss: undefined })), /no loss to train by: give `loss`/],
    ['no batch for a step', step(() => ({ batch: undefined })), /no example batch: add batch: \{ x, y \}/],
    ['no variables', step(() => ({ variables: undefined })), /no variables: name what the step trains/],
    [
      'nested variables',
      step(() => ({ variables: { encoder: { kernel: tf.variable(tf.ones([2])) } } })),
      /variables.encoder is no tfjs variable but a list or object: give all variables side by side/,
    ],
    ['a tensor as a variable', step(() => ({ variables: { kernel: tf.ones([2]) } })), /variables.kernel is no tfjs variable but a tensor: make it with tf.variable/],
    ['nothing trainable', step(() => ({ variables: { kernel: tf.variable(tf.ones([2]), false) } })), /none of `variables` is trainable/],
    ['arrays in the batch', model(() => ({ batch: { xs: [[1, 2]], ys: [[1, 2, 3]] } })), /batch.xs is a JavaScript array of numbers: give a tensor/],
    ['a typed array in the batch', step(() => ({ batch: { x: new Float32Array(4) } })), /batch.x is a JavaScript array of numbers: give a tensor/],
    ['a number in the batch', step(() => ({ batch: { x: tf.ones([4, 2]), rate: 3 } })), /batch.rate is a number: a batch holds tensors/],
  ])('%s', async (_, author, says) => {
    expect(await saidTo(author)).toMatch(says);
  });
});

describe('a key that capture would not read is refused by name', () => {
  test.each<Case>([
    ['lossWeights', model(() => ({ lossWeights: [1, 0.1] })), /"lossWeights" that capture does not know: tfjs-layers has no loss weights: multiply inside a loss function/],
    ['metrics', model(() => ({ metrics: ['accuracy'] })), /"metrics" that capture does not know: a Program gives the loss/],
    ['optimiser', step(() => ({ optimiser: 'sgd' })), /"optimiser" that capture does not know: export \{ variables, optimizer, batch, step \}/],
  ])('%s', async (_, author, says) => {
    expect(await saidTo(author)).toMatch(says);
  });
});

describe('a step must give its loss', () => {
  /** Reads the loss without waiting for it. */
  const reading =
    (name: 'data' | 'array') =>
    ({ x }: { x: Tensor }) => {
      const loss = tf.sum(x);
      void loss[name]();
      return loss;
    };
  test.each([
    ['asynchronous', async () => tf.scalar(1), /async function: a step is recorded as it runs/],
    ['without a result', () => undefined, /step gives undefined, not a tensor: have it return the scalar loss/],
    ['a matrix', ({ x }: { x: never }) => tf.square(x), /step gives a tensor \[4, 2\]: the loss is a scalar, take its tf.mean/],
    ['numbers read later', reading('data'), /reads a tensor's numbers in mid-step/],
    ['numbers read into an array later', reading('array'), /reads a tensor's numbers in mid-step/],
  ] as const)('%s', async (_, given, says) => {
    expect(await saidTo(step(() => ({ step: given })))).toMatch(says);
  });
});

const TRAINS: readonly (readonly [name: string, train: () => unknown, says: RegExp])[] = [
  ['asynchronous', async () => ({ loss: tf.scalar(1) }), /train is an async function/],
  ['without a result', () => undefined, /train gives no scalars by name: have it return \{ loss \}/],
  ['a tensor', () => tf.scalar(1), /train gives no scalars by name/],
];

test.each(TRAINS)('train must give scalars by name: %s', async (_, train, says) => {
  expect(await saidTo(step(() => ({ optimizer: undefined, step: undefined, train })))).toMatch(says);
});

describe('variables that a step uses and does not list', () => {
  /** A step over a listed kernel and another variable. */
  const using =
    (other: ReturnType<Tf['variable']>, before = () => undefined as unknown) =>
    () => {
      const kernel = tf.variable(tf.ones([2, 2]));
      return {
        variables: { kernel },
        optimizer: tf.train.sgd(0.1),
        batch: { x: tf.ones([4, 2]) },
        step: ({ x }: { x: never }) => {
          before();
          return tf.mean(tf.square(tf.add(tf.matMul(x, kernel as never), other)));
        },
      };
    };

  test('a trainable one is refused by name: it would stay as it is', async () => {
    expect(await saidTo(using(tf.variable(tf.ones([2]), true, 'forgotten bias')))).toMatch(/uses a trainable variable "forgotten bias" that `variables` does not list/);
    expect(await saidTo(using(tf.variable(tf.ones([2]))))).toMatch(/uses a trainable variable of shape \[2\] \(it has no name\)/);
  });

  test('one that is not trainable, or that the step assigns itself, is taken', async () => {
    expect(await saidTo(using(tf.variable(tf.ones([2]), false)))).toBe('nothing');
    const counter = tf.variable(tf.ones([2]));
    expect(await saidTo(using(counter, () => counter.assign(tf.add(counter, 1))))).toBe('nothing');
  });

  test.each(['sgd', 'adam'] as const)("one that the step's own %s trains is refused: it would be forgotten after each round", async (kind) => {
    const author = (listed: boolean) => () => {
      const kernel = tf.variable(tf.ones([2, 2]));
      const bias = tf.variable(tf.zeros([2]), true, `own bias, ${kind}, ${listed}`);
      const optimizer = tf.train[kind](0.1);
      const run = ({ x }: { x: never }) => ({ loss: optimizer.minimize(() => tf.mean(tf.square(tf.add(tf.matMul(x, kernel as never), bias))), true) });
      return { variables: listed ? { kernel, bias } : { kernel }, batch: { x: tf.ones([4, 2]) }, train: run };
    };
    expect(await saidTo(author(true))).toBe('nothing');
    expect(await saidTo(author(false))).toMatch(/trains a variable "own bias, \w+, false" that `variables` does not list/);
  });
});

test('what a layer refuses while the model is built names the layer and a way out', async () => {
  const author = () => ({ model: tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2], activityRegularizer: 'l1l2' } as never)] }) });
  expect(await saidTo(author)).toMatch(/layer dense_1 fails in TensorFlow.js: .*activity regularizer.* Add the penalty to the loss instead/);
});
