import type { Tf } from '../../author/tfjs.ts';
import { chain, type ZooFamily, type ZooModel } from './zooModel.ts';

/** Square, as stock's gradient of bilinear upsampling swaps height and width. */
function upsampling(interpolation: 'nearest' | 'bilinear', batch: number): ZooModel {
  const name = `upSampling2d, ${interpolation}`;
  const layers = (tf: Tf) => [
    tf.layers.conv2d({ filters: 3, kernelSize: 2 }),
    tf.layers.upSampling2d({ size: [2, 3], interpolation }),
    tf.layers.conv2d({ filters: 2, kernelSize: 2 }),
  ];
  return chain(name, [4, 4, 2], layers, 'real', batch);
}

/** Pooling, and layers that move or repeat what they get. */
export const shapeModels: ZooFamily = {
  family: 'pooling and shapes',
  models: [
    chain('maxPooling1d, averagePooling1d', [12, 3], (tf) => [
      tf.layers.conv1d({ filters: 4, kernelSize: 3 }),
      tf.layers.maxPooling1d({ poolSize: 2 }),
      tf.layers.averagePooling1d({ poolSize: 3, strides: 1, padding: 'same' }),
    ]),
    chain('maxPooling2d', [7, 6, 2], (tf) => [tf.layers.conv2d({ filters: 4, kernelSize: 2 }), tf.layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' })]),
    chain('averagePooling2d', [7, 6, 2], (tf) => [tf.layers.conv2d({ filters: 4, kernelSize: 2 }), tf.layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' })]),
    chain('maxPooling3d, averagePooling3d', [5, 5, 5, 2], (tf) => [
      tf.layers.conv3d({ filters: 3, kernelSize: 2 }),
      tf.layers.maxPooling3d({ poolSize: 2, strides: 1 }),
      tf.layers.averagePooling3d({ poolSize: 2, strides: 2 }),
    ]),
    chain('globalAveragePooling1d', [6, 3], (tf) => [tf.layers.conv1d({ filters: 4, kernelSize: 3 }), tf.layers.globalAveragePooling1d()]),
    chain('globalMaxPooling1d', [6, 3], (tf) => [tf.layers.conv1d({ filters: 4, kernelSize: 3 }), tf.layers.globalMaxPooling1d()]),
    chain('globalAveragePooling2d', [5, 5, 3], (tf) => [tf.layers.conv2d({ filters: 4, kernelSize: 3 }), tf.layers.globalAveragePooling2d({})]),
    chain('globalMaxPooling2d', [5, 5, 3], (tf) => [tf.layers.conv2d({ filters: 4, kernelSize: 3 }), tf.layers.globalMaxPooling2d({})]),
    chain('reshape, permute, flatten, repeatVector', [12], (tf) => [
      tf.layers.dense({ units: 12 }),
      tf.layers.reshape({ targetShape: [3, 4] }),
      tf.layers.permute({ dims: [2, 1] }),
      tf.layers.flatten(),
      tf.layers.repeatVector({ n: 2 }),
    ]),
    // One row a batch: stock's gradient of nearest upsampling reads every row's dy at the place of a smaller picture's.
    upsampling('nearest', 1),
    upsampling('bilinear', 4),
    chain('zeroPadding2d', [4, 4, 2], (tf) => [
      tf.layers.conv2d({ filters: 3, kernelSize: 2 }),
      tf.layers.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 1],
        ],
      }),
      tf.layers.conv2d({ filters: 2, kernelSize: 3 }),
    ]),
    chain('cropping2D', [6, 6, 2], (tf) => [
      tf.layers.conv2d({ filters: 3, kernelSize: 2 }),
      tf.layers.cropping2D({
        cropping: [
          [1, 2],
          [0, 1],
        ],
      }),
    ]),
    chain('rescaling', [4, 4, 2], (tf) => [tf.layers.rescaling({ scale: 0.5, offset: 0.1 }), tf.layers.conv2d({ filters: 3, kernelSize: 1 })]),
  ],
};
