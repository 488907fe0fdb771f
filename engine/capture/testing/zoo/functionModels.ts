import type { Tensor, Tf, Variable } from '../../author/tfjs.ts';
import type { ZooFamily, ZooModel } from './zooModel.ts';

const TRANSFORMER = { vocabulary: 11, length: 6, width: 8, heads: 2 };

function normalised(tf: Tf, x: Tensor, scale: Tensor, shift: Tensor): Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), scale), shift);
}

/** Multi-head self-attention with a causal mask. x: [batch, length, width]. */
function attention(tf: Tf, x: Tensor, v: Readonly<Record<string, Variable>>, mask: Tensor): Tensor {
  const { length, width, heads } = TRANSFORMER;
  const batch = x.shape[0] ?? 1;
  const project = (kernel: Tensor): Tensor => tf.reshape(tf.matMul(tf.reshape(x, [-1, width]), kernel as never), [batch, length, heads, width / heads]);
  const split = (kernel: Variable) => tf.transpose(project(kernel), [0, 2, 1, 3]);
  const scores = tf.div(tf.matMul(split(v.query as Variable), split(v.key as Variable), false, true), Math.sqrt(width / heads));
  const mixed = tf.matMul(tf.softmax(tf.add(scores, mask)), split(v.value as Variable));
  const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [-1, width]);
  return tf.reshape(tf.matMul(joined as never, v.out as never), x.shape);
}

/** One block, learned positions, and the embedding's table again as the last product: weights tied. */
const transformer: ZooModel = {
  name: 'transformer: attention, positions, tied weights',
  data: { tokens: [[2, TRANSFORMER.length + 1], { below: TRANSFORMER.vocabulary, dtype: 'int32' }] },
  author: (tf) => {
    const { vocabulary, length, width } = TRANSFORMER;
    const matrix = (rows: number, columns: number) => tf.variable(tf.randomNormal([rows, columns], 0, 0.3));
    const variables: Record<string, Variable> = {
      table: matrix(vocabulary, width),
      positions: matrix(length, width),
      ...Object.fromEntries(['query', 'key', 'value', 'out'].map((name) => [name, matrix(width, width)])),
      up: matrix(width, 2 * width),
      down: matrix(2 * width, width),
      scale: tf.variable(tf.ones([width])),
      shift: tf.variable(tf.zeros([width])),
    };
    const v = variables as Record<'table' | 'positions' | 'up' | 'down' | 'scale' | 'shift', Variable>;
    const mask = tf.mul(tf.sub(tf.linalg.bandPart(tf.ones([length, length]), -1, 0), 1), 1e9);
    return {
      variables,
      optimizer: tf.train.adam(0.01),
      step: ({ tokens }) => {
        const from = tf.slice(tokens as Tensor, [0, 0], [2, length]);
        const to = tf.slice(tokens as Tensor, [0, 1], [2, length]);
        let x: Tensor = tf.add(tf.gather(v.table, from as never), v.positions);
        x = tf.add(x, attention(tf, normalised(tf, x, v.scale, v.shift), variables, mask));
        const hidden = tf.relu(tf.matMul(tf.reshape(normalised(tf, x, v.scale, v.shift), [-1, width]) as never, v.up as never));
        x = tf.add(x, tf.reshape(tf.matMul(hidden as never, v.down as never), x.shape));
        const logits = tf.matMul(tf.reshape(x, [-1, width]) as never, v.table as never, false, true);
        return tf.losses.softmaxCrossEntropy(tf.oneHot(tf.reshape(to, [-1]) as never, vocabulary), logits);
      },
    };
  },
};

const sinusoidal: ZooModel = {
  name: 'sinusoidal positions, a constant of the job',
  data: { x: [[2, 6, 8], 'real'], y: [[2, 6, 1], 'real'] },
  author: (tf) => {
    const positions = tf.tensor2d(Array.from({ length: 6 }, (_, at) => Array.from({ length: 8 }, (_unused, k) => (k % 2 ? Math.cos : Math.sin)(at / 100 ** (k / 8)))));
    const kernel = tf.variable(tf.randomNormal([8, 1], 0, 0.3));
    return {
      variables: { kernel },
      optimizer: tf.train.adam(0.01),
      step: ({ x, y }) => tf.losses.meanSquaredError(y as Tensor, tf.reshape(tf.matMul(tf.reshape(tf.add(x as Tensor, positions), [12, 8]) as never, kernel as never), [2, 6, 1])),
    };
  },
};

const autoencoder: ZooModel = {
  name: 'VAE, reparameterised noise',
  data: { x: [[4, 8], 'unit'] },
  author: (tf) => {
    const matrix = (rows: number, columns: number) => tf.variable(tf.randomNormal([rows, columns], 0, 0.3)) as Variable;
    const v = { encoder: matrix(8, 6), mean: matrix(6, 2), spread: matrix(6, 2), decoder: matrix(2, 8) };
    const times = (a: Tensor, b: Tensor): Tensor => tf.matMul(a as never, b as never);
    return {
      variables: v,
      optimizer: tf.train.adam(0.01),
      step: ({ x }) => {
        const hidden = tf.tanh(times(x as Tensor, v.encoder));
        const [mean, spread] = [times(hidden, v.mean), times(hidden, v.spread)];
        const code = tf.add(mean, tf.mul(tf.exp(tf.mul(spread, 0.5)), tf.randomNormal([4, 2])));
        const divergence = tf.mul(-0.5, tf.mean(tf.sub(tf.sub(tf.add(1, spread), tf.square(mean)), tf.exp(spread))));
        return tf.add(tf.losses.sigmoidCrossEntropy(x as Tensor, times(code, v.decoder)), tf.mul(divergence, 0.1));
      },
    };
  },
};

/** Generator and critic, an optimizer each, in one step. */
const adversarial: ZooModel = {
  name: 'GAN step, two optimizers',
  data: { real: [[4, 5], 'real'] },
  author: (tf) => {
    const matrix = (rows: number, columns: number) => tf.variable(tf.randomNormal([rows, columns], 0, 0.5)) as Variable;
    const generator = { g1: matrix(3, 6), g2: matrix(6, 5) };
    const critic = { c1: matrix(5, 6), c2: matrix(6, 1) };
    const times = (a: Tensor, b: Tensor): Tensor => tf.matMul(a as never, b as never);
    const fake = (noise: Tensor) => tf.tanh(times(tf.relu(times(noise, generator.g1)), generator.g2));
    const judge = (x: Tensor) => times(tf.leakyRelu(times(x, critic.c1)), critic.c2);
    const loss = (logits: Tensor, label: number) => tf.losses.sigmoidCrossEntropy(tf.mul(tf.ones([4, 1]), label), logits) as Tensor;
    const [slow, fast] = [tf.train.adam(0.005), tf.train.sgd(0.05)];
    return {
      variables: { ...generator, ...critic },
      optimizers: [slow, fast],
      train: ({ real }) => {
        const noise = tf.randomUniform([4, 3], -1, 1);
        const criticLoss = fast.minimize(() => tf.add(loss(judge(real as Tensor), 1), loss(judge(fake(noise)), 0)) as never, true, Object.values(critic));
        const generatorLoss = slow.minimize(() => loss(judge(fake(noise)), 1) as never, true, Object.values(generator));
        return { loss: tf.add(criticLoss as Tensor, generatorLoss as Tensor), generatorLoss: generatorLoss as Tensor };
      },
    };
  },
};

/** The critic is updated inside the function whose loss the generator's optimizer minimises. */
const nestedMinimising: ZooModel = {
  name: 'GAN step, one minimisation inside the other',
  data: { real: [[4, 5], 'real'] },
  author: (tf) => {
    const generator = tf.variable(tf.randomNormal([3, 5], 0, 0.5));
    const critic = tf.variable(tf.randomNormal([5, 1], 0, 0.5));
    const [slow, fast] = [tf.train.adam(0.005), tf.train.sgd(0.05)];
    const judged = (x: Tensor, label: number) => tf.losses.sigmoidCrossEntropy(tf.mul(tf.ones([4, 1]), label), tf.matMul(x as never, critic as never)) as Tensor;
    return {
      variables: { generator, critic },
      optimizer: slow,
      step: ({ real }) => {
        const noise = tf.randomNormal([4, 3]);
        fast.minimize(() => tf.add(judged(real as Tensor, 1), judged(tf.matMul(noise as never, generator as never), 0)) as never, false, [critic as Variable]);
        return judged(tf.matMul(noise as never, generator as never), 1);
      },
    };
  },
};

const ownUpdate: ZooModel = {
  name: 'gradients and update by hand, rate from the batch',
  data: { x: [[4, 6], 'real'], y: [[4, 2], 'real'], rate: [[], 'unit'] },
  author: (tf) => {
    const kernel = tf.variable(tf.randomNormal([6, 2], 0, 0.5)) as Variable;
    return {
      variables: { kernel },
      step: ({ x, y, rate }) => {
        const { value, grads } = tf.variableGrads(() => tf.losses.meanSquaredError(y as Tensor, tf.matMul(x as never, kernel as never)), [kernel]);
        kernel.assign(tf.sub(kernel, tf.mul(grads[kernel.name] as Tensor, tf.mul(rate as Tensor, 0.1))));
        return value;
      },
    };
  },
};

/** The gradient of a mean is one number everywhere, also beyond the picture's edge, where it is 0. */
const meanOfConvolution: ZooModel = {
  name: 'mean of convolutions',
  data: { x: [[2, 6, 6, 1], 'real'] },
  author: (tf) => {
    const [first, second, depthwise] = [
      [3, 3, 1, 2],
      [3, 3, 2, 1],
      [2, 2, 2, 1],
    ].map((shape) => tf.variable(tf.randomNormal(shape, 0, 0.3)) as Variable);
    return {
      variables: { first, second, depthwise } as Record<string, Variable>,
      optimizer: tf.train.sgd(0.05),
      step: ({ x }) => {
        const hidden = tf.conv2d(x as never, first as never, 1, 'same') as Tensor;
        return tf.add(tf.mean(tf.conv2d(hidden as never, second as never, 2, 'same')), tf.mean(tf.depthwiseConv2d(hidden as never, depthwise as never, 1, 'same')));
      },
    };
  },
};

/** Plain functions over variables. */
export const functionModels: ZooFamily = {
  family: 'plain functions',
  models: [transformer, sinusoidal, autoencoder, adversarial, nestedMinimising, ownUpdate, meanOfConvolution],
};
