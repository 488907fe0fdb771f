import { chain, type ZooFamily } from './zooModel.ts';

const BUILT_IN = [
  'elu',
  'hardSigmoid',
  'linear',
  'relu',
  'relu6',
  'selu',
  'sigmoid',
  'softmax',
  'softplus',
  'softsign',
  'tanh',
  'swish',
  'mish',
  'logSoftmax',
  'gelu',
  'gelu_new',
] as const;

/** Every built-in activation, and the layers that are activations. */
export const activationModels: ZooFamily = {
  family: 'activations',
  models: [
    ...BUILT_IN.map((activation) =>
      chain(`activation ${activation}`, [6], (tf) => [
        tf.layers.dense({ units: 6, activation: activation as 'elu' }),
        tf.layers.dense({ units: 4, activation: activation as 'elu' }),
      ]),
    ),
    chain('conv2d with relu6, elu, sigmoid', [5, 5, 2], (tf) =>
      (['relu6', 'elu', 'sigmoid'] as const).map((activation) => tf.layers.conv2d({ filters: 2, kernelSize: 2, activation })),
    ),
    chain('leakyReLU, prelu, elu, reLU, softmax layers', [6], (tf) => [
      tf.layers.dense({ units: 6 }),
      tf.layers.leakyReLU({ alpha: 0.1 }),
      tf.layers.prelu({ alphaInitializer: 'ones' } as never),
      tf.layers.dense({ units: 6 }),
      tf.layers.elu({ alpha: 1 }),
      tf.layers.dense({ units: 6 }),
      tf.layers.reLU({ maxValue: 1 }),
      tf.layers.softmax({}),
    ]),
    chain('thresholdedReLU layer', [6], (tf) => [tf.layers.dense({ units: 6 }), tf.layers.thresholdedReLU({ theta: 0.2 })]),
  ],
};
