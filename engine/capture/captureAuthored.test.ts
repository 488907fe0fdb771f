import { beforeAll, describe, expect, test } from 'vitest';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { hashProgram } from '#engine/program/hashProgram.ts';
import { validateProgram } from '#engine/program/validateProgram.ts';
import type { Scalar } from '@tensorflow/tfjs';
import type { Tensor, Tf } from './author/tfjs.ts';
import type { Author, Authored } from './captureAuthored.ts';
import { captureAuthored } from './captureAuthored.ts';
import { captureStep } from './captureStep.ts';
import { loadTfjs } from './loadTfjs.ts';
import { fromBits, inputsFor } from './testing/runCaptured.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await loadTfjs();
  await tf.setBackend('cpu');
});

async function losses(author: (given: Tf) => Authored, steps: number): Promise<number[]> {
  const captured = await captureAuthored(tf, author);
  validateProgram(captured.program);
  const again = await captureAuthored(tf, author);
  expect(hashProgram(again.program)).toEqual(hashProgram(captured.program));
  expect(again.state).toEqual(captured.state);
  const run = await referenceExecutor.prepare(captured.program);
  await run.load(captured.state.map((slot) => slot.initial));
  const inputs = inputsFor(captured.program, captured.example);
  const outputs = await run.run(Array.from({ length: steps }, () => inputs));
  return outputs.map((out) => fromBits(out[0] ?? new Uint32Array(1), 'f32')[0] ?? Number.NaN);
}

describe('plain functions', () => {
  test('an autoencoder with reparameterised noise learns', async () => {
    const values = await losses((given) => {
      const weights = {
        encoder: given.variable(given.randomNormal([8, 6], 0, 0.3)),
        mean: given.variable(given.randomNormal([6, 2], 0, 0.3)),
        spread: given.variable(given.zeros([6, 2])),
        decoder: given.variable(given.randomNormal([2, 8], 0, 0.3)),
      };
      return {
        variables: weights,
        optimizer: given.train.adam(0.05),
        batch: { x: given.ones([4, 8]) },
        step: ({ x }) => {
          const hidden = given.relu(given.matMul(x as never, weights.encoder as never));
          const mean = given.matMul(hidden, weights.mean);
          const spread = given.matMul(hidden, weights.spread);
          const code = given.add(mean, given.mul(given.exp(given.mul(spread, 0.5)), given.randomNormal([4, 2])));
          const divergence = given.mul(-0.5, given.mean(given.sub(given.sub(given.add(1, spread), given.square(mean)), given.exp(spread))));
          return given.add(given.losses.meanSquaredError(x as never, given.matMul(code as never, weights.decoder as never)), given.mul(divergence, 0.1));
        },
      };
    }, 30);
    expect(values.at(-1)).toBeLessThan((values[0] ?? 0) * 0.8);
  });

  test('two optimizers in one step, tied weights, gradients clipped by their global norm', async () => {
    const values = await losses((given) => {
      const shared = given.variable(given.randomNormal([4, 4], 0, 0.5));
      const head = given.variable(given.randomNormal([4, 1], 0, 0.5));
      const [slow, fast] = [given.train.sgd(0.05), given.train.momentum(0.05, 0.5)];
      const loss = (x: Tensor, y: Tensor): Scalar => {
        const code = given.tanh(given.matMul(given.matMul(x, shared), given.transpose(shared)));
        return given.losses.meanSquaredError(y, given.matMul(code, head));
      };
      return {
        variables: { shared, head },
        optimizers: [slow, fast],
        batch: { x: given.range(0, 12, 1, 'float32').reshape([3, 4]).div(8), y: given.ones([3, 1]) },
        train: ({ x, y }) => {
          const { value, grads } = slow.computeGradients(() => loss(x as Tensor, y as Tensor), [shared]);
          const norm = given.sqrt(given.addN(Object.values(grads).map((gradient) => given.sum(given.square(gradient)))));
          const clip = given.minimum(1, given.div(0.5, norm));
          slow.applyGradients(Object.fromEntries(Object.entries(grads).map(([name, gradient]) => [name, given.mul(gradient, clip)])));
          fast.minimize(() => loss(x as Tensor, y as Tensor), false, [head]);
          return { loss: value };
        },
      };
    }, 30);
    expect(values.at(-1)).toBeLessThan((values[0] ?? 0) * 0.5);
  });

  test('batches whose tensors differ in rows are refused', async () => {
    await expect(captureAuthored(tf, (given) => ({ variables: [], batch: { a: given.zeros([2, 3]), b: given.zeros([4, 3]) }, train: () => ({}) }))).rejects.toThrow(
      /batch.b has 4 rows, the others 2/,
    );
  });
});

describe('what a file may export', () => {
  const inputsOf = async (author: Author) => {
    const { program } = await captureAuthored(tf, author);
    validateProgram(program);
    return program.inputs.map(({ source }) => (source.kind === 'column' ? source.column : source.kind === 'schedule' ? `schedule ${source.name}` : source.kind));
  };

  test('xs, ys and losses by name, the optimizer by name', async () => {
    const author: Author = (given) => {
      const [left, right] = [given.input({ shape: [4], name: 'left' }), given.input({ shape: [3], name: 'right' })];
      const joined = given.layers.concatenate().apply([left, right]) as never;
      const score = given.layers.dense({ units: 1, name: 'score' }).apply(joined) as never;
      const kind = given.layers.dense({ units: 3, name: 'kind', activation: 'softmax' }).apply(joined) as never;
      return {
        model: given.model({ inputs: [left, right], outputs: [score, kind] }),
        optimizer: 'adam',
        loss: { kind: 'categoricalCrossentropy', score: 'meanSquaredError' },
        batch: { xs: { right: given.ones([2, 3]), left: given.ones([2, 4]) }, ys: { kind: given.ones([2, 3]), score: given.ones([2, 1]) } },
      };
    };
    expect(await inputsOf(author)).toEqual(['xs_0', 'xs_1', 'ys_0', 'ys_1']);
  });

  test('a list of tensors, of optimizers and of variables; a scalar is a schedule', async () => {
    const author: Author = (given) => {
      const weight = given.variable(given.ones([3, 5]));
      const optimizer = given.train.sgd(0.1);
      return {
        variables: [weight],
        optimizer: [optimizer],
        batch: [given.ones([4, 3]), given.ones([4, 5]), given.scalar(0.5)],
        step: ([x, y, share]: Tensor[]) =>
          optimizer.minimize(() => given.mul(share as Tensor, given.losses.meanSquaredError(y as Tensor, given.matMul(x as never, weight as never))) as never, true) as never,
      };
    };
    expect(await inputsOf(author)).toEqual(['0', '1', 'schedule 2']);
  });

  test("a layers model inside a plain step, by its weights; the Program does not depend on tfjs's numbering", async () => {
    const author: Author = (given) => {
      const model = given.sequential({ layers: [given.layers.dense({ units: 3, inputShape: [4] }), given.layers.batchNormalization(), given.layers.dense({ units: 1 })] });
      return {
        variables: model.weights,
        optimizer: given.train.adam(0.1),
        batch: { x: given.ones([2, 4]), y: given.ones([2, 1]) },
        step: ({ x, y }: Record<'x' | 'y', Tensor>) => given.losses.meanSquaredError(y, model.apply(x, { training: true }) as Tensor),
      };
    };
    const [first, second] = [await captureAuthored(tf, author), await captureAuthored(tf, author)];
    expect(second.state.map(({ name }) => name)).toEqual(first.state.map(({ name }) => name));
    expect(hashProgram(second.program)).toEqual(hashProgram(first.program));
    expect(first.state.filter(({ role }) => role === 'trained').map(({ name }) => name)).toEqual([
      'dense_1/kernel',
      'dense_1/bias',
      'batch_normalization_1/gamma',
      'batch_normalization_1/beta',
      'dense_2/kernel',
      'dense_2/bias',
    ]);
  });

  test('a name that the model does not have is refused', async () => {
    const author: Author = (given) => ({
      model: given.sequential({ layers: [given.layers.dense({ units: 1, inputShape: [2], name: 'only' })] }),
      optimizer: 'sgd',
      loss: 'meanSquaredError',
      batch: { xs: given.ones([2, 2]), ys: { other: given.ones([2, 1]) } },
    });
    await expect(captureAuthored(tf, author)).rejects.toThrow(/the model calls a tensor of the batch "only"; given are other/);
  });
});

describe('learning-rate schedules', () => {
  const subject = (kind: 'sgd' | 'adam' | 'rmsprop') => {
    const weight = tf.variable(tf.ones([3]));
    const optimizer = tf.train[kind](0.25);
    return captureStep({
      tf,
      weights: [{ name: 'w', variable: weight, isTrainable: true }],
      optimizers: [optimizer],
      schedules: [{ name: 'learningRate', optimizer }],
      columns: [{ name: 'x', dtype: 'float32', shape: [3] }],
      batch: 1,
      train: ({ x }) => ({ loss: optimizer.minimize(() => tf.sum(tf.mul(x as never, weight)), true, [weight]) as never }),
    });
  };
  test.each(['sgd', 'adam', 'rmsprop'] as const)('%s takes its rate as an input', async (kind) => {
    const { program, state } = await subject(kind);
    validateProgram(program);
    const rated = async (rate: number) => {
      const run = await referenceExecutor.prepare(program);
      await run.load(state.map((slot) => slot.initial));
      await run.run([program.inputs.map(({ source }) => new Uint32Array(Float32Array.from(source.kind === 'schedule' ? [rate] : [1, 2, 3]).buffer))]);
      return fromBits((await run.state())[0] ?? new Uint32Array(3), 'f32');
    };
    expect(await rated(0)).toEqual([1, 1, 1]);
    const [one, two] = [await rated(0.125), await rated(0.25)];
    one.forEach((value, k) => expect((1 - (two[k] ?? 0)) / (1 - value)).toBeCloseTo(2, 4));
    if (kind === 'sgd') expect(two).toEqual([0.75, 0.5, 0.25]);
  });
});
