import { chain, type ZooFamily } from './zooModel.ts';

/** Dense layers and convolutions of every kind. */
export const convolutionModels: ZooFamily = {
  family: 'dense and convolutions',
  models: [
    chain('dense', [6], (tf) => [tf.layers.dense({ units: 8, activation: 'tanh' }), tf.layers.dense({ units: 5, useBias: false })]),
    chain('conv1d', [10, 3], (tf) => [tf.layers.conv1d({ filters: 4, kernelSize: 3, activation: 'relu' })]),
    chain('conv1d, strides 2, same padding', [11, 3], (tf) => [tf.layers.conv1d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' })]),
    chain('conv1d, dilation 2', [11, 3], (tf) => [tf.layers.conv1d({ filters: 4, kernelSize: 3, dilationRate: 2, activation: 'tanh' })]),
    chain('conv2d', [6, 6, 2], (tf) => [tf.layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu' })]),
    chain('conv2d, strides 2, same padding', [7, 6, 2], (tf) => [tf.layers.conv2d({ filters: 4, kernelSize: [3, 2], strides: [2, 2], padding: 'same' })]),
    chain('conv2d, dilation 2, same padding', [7, 7, 2], (tf) => [tf.layers.conv2d({ filters: 4, kernelSize: 3, dilationRate: 2, padding: 'same', activation: 'tanh' })]),
    chain('conv2d, dilation [1, 3]', [5, 8, 2], (tf) => [tf.layers.conv2d({ filters: 3, kernelSize: 2, dilationRate: [1, 3], activation: 'tanh' })]),
    chain('conv2d, channels first', [2, 6, 6], (tf) => [
      tf.layers.conv2d({ filters: 3, kernelSize: 3, dataFormat: 'channelsFirst' }),
      tf.layers.maxPooling2d({ poolSize: 2, dataFormat: 'channelsFirst' }),
    ]),
    chain('conv3d', [4, 5, 4, 2], (tf) => [tf.layers.conv3d({ filters: 3, kernelSize: 2, strides: [1, 2, 1], padding: 'same' })]),
    chain('conv3d, dilation 2', [4, 5, 4, 2], (tf) => [tf.layers.conv3d({ filters: 3, kernelSize: 2, dilationRate: 2 })]),
    chain('depthwiseConv2d', [6, 6, 2], (tf) => [tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, strides: [2, 2], padding: 'same' })]),
    chain('depthwiseConv2d, dilation 2', [7, 6, 2], (tf) => [tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, dilationRate: 2, padding: 'same' } as never)]),
    chain('separableConv2d', [6, 6, 2], (tf) => [tf.layers.separableConv2d({ filters: 3, kernelSize: 3, depthMultiplier: 2, activation: 'elu' })]),
    chain('separableConv2d, dilation 2', [7, 7, 2], (tf) => [tf.layers.separableConv2d({ filters: 3, kernelSize: 3, dilationRate: 2 })]),
    chain('conv2dTranspose', [4, 4, 2], (tf) => [tf.layers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' })]),
    chain('conv2dTranspose, valid padding', [3, 4, 2], (tf) => [tf.layers.conv2dTranspose({ filters: 3, kernelSize: [2, 3], strides: [1, 2], padding: 'valid' })]),
    chain('conv3dTranspose', [3, 3, 3, 2], (tf) => [tf.layers.conv3dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same' })]),
  ],
};
