import type { Optimizer, Tensor, Tf } from '../../author/tfjs.ts';
import type { TrainingTools } from '../../author/trainingTools.ts';
import type { Fill, ZooFamily, ZooModel } from './zooModel.ts';

function withOptimizer(name: string, optimizer: (tf: Tf, tools: TrainingTools) => Optimizer): ZooModel {
  return {
    name,
    data: { xs: [[4, 6], 'real'], ys: [[4, 2], 'real'] },
    author: (tf, tools) => ({
      model: tf.sequential({ layers: [tf.layers.dense({ inputShape: [6], units: 5, activation: 'tanh' }), tf.layers.dense({ units: 2 })] }),
      optimizer: optimizer(tf, tools),
      loss: 'meanSquaredError',
    }),
  };
}

/** Every optimizer, and what people put around one. */
export const optimizerModels: ZooFamily = {
  family: 'optimizers',
  models: [
    withOptimizer('sgd', (tf) => tf.train.sgd(0.05)),
    withOptimizer('momentum', (tf) => tf.train.momentum(0.02, 0.9)),
    withOptimizer('nesterov', (tf) => tf.train.momentum(0.02, 0.9, true)),
    withOptimizer('adam', (tf) => tf.train.adam(0.01)),
    withOptimizer('adamax', (tf) => tf.train.adamax(0.01, 0.9, 0.999, 1e-7, 0.01)),
    withOptimizer('adagrad', (tf) => tf.train.adagrad(0.05)),
    withOptimizer('adadelta', (tf) => tf.train.adadelta(0.5)),
    withOptimizer('rmsprop', (tf) => tf.train.rmsprop(0.01)),
    withOptimizer('rmsprop, centered, momentum', (tf) => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-6, true)),
    withOptimizer('AdamW', (_, tools) => tools.adamW({ learningRate: 0.01, weightDecay: 0.1, decays: (name) => name.includes('kernel') })),
    withOptimizer('weight decay on sgd', (tf, tools) => tools.decayWeights(tf.train.sgd(0.05), 0.1)),
    withOptimizer('clipping by value', (tf, tools) => tools.clipByValue(tf.train.sgd(0.05), 0.05)),
    withOptimizer('clipping by global norm', (tf, tools) => tools.clipByGlobalNorm(tf.train.sgd(0.05), 0.1)),
    withOptimizer('learning-rate schedule, sgd', (tf, tools) => tools.schedule(tf.train.sgd(0.05))),
    withOptimizer('learning-rate schedule, momentum', (tf, tools) => tools.schedule(tf.train.momentum(0.05, 0.9))),
    withOptimizer('learning-rate schedule, AdamW, clipped', (_, tools) => tools.schedule(tools.clipByGlobalNorm(tools.adamW({ learningRate: 0.01, weightDecay: 0.1 }), 0.2))),
    withOptimizer('learning-rate schedule, adagrad', (tf, tools) => tools.schedule(tf.train.adagrad(0.05))),
    withOptimizer('learning-rate schedule, rmsprop', (tf, tools) => tools.schedule(tf.train.rmsprop(0.01))),
    withOptimizer('learning-rate schedule, adamax', (tf, tools) => tools.schedule(tf.train.adamax(0.01))),
    withOptimizer('learning-rate schedule, adadelta', (tf, tools) => tools.schedule(tf.train.adadelta(0.5))),
  ],
};

const LAYER_LOSSES: readonly (readonly [loss: string, targets: Fill, activation?: 'sigmoid' | 'softmax'])[] = [
  ['meanSquaredError', 'real'],
  ['meanAbsoluteError', 'real'],
  ['meanAbsolutePercentageError', 'unit'],
  ['meanSquaredLogarithmicError', 'unit', 'sigmoid'],
  ['squaredHinge', 'sign'],
  ['hinge', 'sign'],
  ['categoricalHinge', 'oneHot'],
  ['logcosh', 'real'],
  ['categoricalCrossentropy', 'oneHot', 'softmax'],
  ['binaryCrossentropy', 'bits', 'sigmoid'],
  ['kullbackLeiblerDivergence', 'shares', 'softmax'],
  ['poisson', 'unit', 'sigmoid'],
  ['cosineProximity', 'real'],
];

function withLoss(loss: string, targets: Fill, activation?: 'sigmoid' | 'softmax'): ZooModel {
  const isSparse = loss === 'sparseCategoricalCrossentropy';
  return {
    name: `loss ${loss}`,
    data: { xs: [[4, 6], 'real'], ys: [isSparse ? [4, 1] : [4, 3], targets] },
    author: (tf) => ({
      model: tf.sequential({ layers: [tf.layers.dense({ inputShape: [6], units: 3, ...(activation ? { activation } : {}) })] }),
      optimizer: tf.train.adam(0.01),
      loss,
    }),
  };
}

function withFunction(name: string, targets: Fill, loss: (tf: Tf, y: Tensor, out: Tensor) => Tensor): ZooModel {
  return {
    name: `tf.losses.${name}`,
    data: { x: [[4, 6], 'real'], y: [[4, 3], targets] },
    author: (tf) => {
      const kernel = tf.variable(tf.randomNormal([6, 3], 0, 0.4));
      return { variables: { kernel }, optimizer: tf.train.adam(0.01), step: ({ x, y }) => loss(tf, y as Tensor, tf.matMul(x as Tensor, kernel)) };
    },
  };
}

/** Every loss of tfjs-layers and of tf.losses. */
export const lossModels: ZooFamily = {
  family: 'losses',
  models: [
    ...LAYER_LOSSES.map((row) => withLoss(...row)),
    withLoss('sparseCategoricalCrossentropy', { below: 3, dtype: 'float32' }, 'softmax'),
    withFunction('absoluteDifference', 'real', (tf, y, out) => tf.losses.absoluteDifference(y, out)),
    withFunction('computeWeightedLoss', 'unit', (tf, y, out) => tf.losses.computeWeightedLoss(tf.square(tf.sub(y, out)), y)),
    withFunction('cosineDistance', 'real', (tf, y, out) => tf.losses.cosineDistance(y, tf.div(out, tf.norm(out, 2, 1, true)), 1)),
    withFunction('hingeLoss', 'bits', (tf, y, out) => tf.losses.hingeLoss(y, out)),
    withFunction('huberLoss', 'real', (tf, y, out) => tf.losses.huberLoss(y, out, undefined, 0.4)),
    withFunction('logLoss', 'bits', (tf, y, out) => tf.losses.logLoss(y, tf.sigmoid(out))),
    withFunction('meanSquaredError', 'real', (tf, y, out) => tf.losses.meanSquaredError(y, out)),
    withFunction('sigmoidCrossEntropy', 'bits', (tf, y, out) => tf.losses.sigmoidCrossEntropy(y, out, undefined, 0.1)),
    withFunction('softmaxCrossEntropy', 'oneHot', (tf, y, out) => tf.losses.softmaxCrossEntropy(y, out, undefined, 0.1)),
  ],
};
