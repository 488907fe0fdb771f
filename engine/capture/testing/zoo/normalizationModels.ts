import type { Tensor, Tf } from '../../author/tfjs.ts';
import { chain, type ZooFamily } from './zooModel.ts';

/** Group normalisation is no layer of tfjs: people write it so. */
function groupNormalization(tf: Tf, groups: number, channels: number): unknown {
  class GroupNormalization extends tf.layers.Layer {
    static className = 'ZooGroupNormalization';
    private gamma?: { read(): Tensor };
    private beta?: { read(): Tensor };
    override build(): void {
      this.gamma = this.addWeight('gamma', [channels], 'float32', tf.initializers.ones());
      this.beta = this.addWeight('beta', [channels], 'float32', tf.initializers.zeros());
      this.built = true;
    }
    override computeOutputShape(shape: number[]): number[] {
      return shape;
    }
    override call(inputs: Tensor | Tensor[]): Tensor {
      return tf.tidy(() => {
        const x = (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor;
        const [batch = 1, height = 1, width = 1] = x.shape;
        const split = tf.reshape(x, [batch, height, width, groups, channels / groups]);
        const { mean, variance } = tf.moments(split, [1, 2, 4], true);
        const normal = tf.reshape(tf.mul(tf.sub(split, mean), tf.rsqrt(tf.add(variance, 1e-3))), x.shape);
        return tf.add(tf.mul(normal, (this.gamma as { read(): Tensor }).read()), (this.beta as { read(): Tensor }).read());
      });
    }
  }
  return new GroupNormalization({});
}

/** Normalisation, regularisation by noise (fed from the Program's generator), embedding. */
export const normalizationModels: ZooFamily = {
  family: 'normalisation, noise, embedding',
  models: [
    chain('batchNormalization, dense', [6], (tf) => [tf.layers.dense({ units: 5 }), tf.layers.batchNormalization(), tf.layers.activation({ activation: 'relu' })]),
    chain('batchNormalization, conv2d', [5, 5, 2], (tf) => [tf.layers.conv2d({ filters: 4, kernelSize: 3, useBias: false }), tf.layers.batchNormalization({ momentum: 0.9 })]),
    chain('batchNormalization without scale, without centre', [6], (tf) => [
      tf.layers.dense({ units: 5 }),
      tf.layers.batchNormalization({ scale: false }),
      tf.layers.dense({ units: 4, activation: 'tanh' }),
      tf.layers.batchNormalization({ center: false }),
    ]),
    chain('layerNormalization', [4, 6], (tf) => [tf.layers.dense({ units: 6 }), tf.layers.layerNormalization()]),
    chain('layerNormalization without scale, without centre', [4, 6], (tf) => [
      tf.layers.dense({ units: 6 }),
      tf.layers.layerNormalization({ scale: false }),
      tf.layers.dense({ units: 5, activation: 'tanh' }),
      tf.layers.layerNormalization({ center: false }),
      tf.layers.dense({ units: 4, activation: 'tanh' }),
      tf.layers.layerNormalization({ scale: false, center: false }),
    ]),
    chain('group normalisation (custom layer)', [4, 4, 2], (tf) => [tf.layers.conv2d({ filters: 6, kernelSize: 2 }), groupNormalization(tf, 3, 6)]),
    chain('dropout', [6], (tf) => [tf.layers.dense({ units: 8 }), tf.layers.dropout({ rate: 0.4 })]),
    chain('dropout with noise shape', [5, 6], (tf) => [tf.layers.dense({ units: 8 }), tf.layers.dropout({ rate: 0.4, noiseShape: [4, 1, 8] })]),
    chain('spatialDropout1d', [5, 6], (tf) => [tf.layers.conv1d({ filters: 4, kernelSize: 2 }), tf.layers.spatialDropout1d({ rate: 0.3 })]),
    chain('gaussianNoise', [6], (tf) => [tf.layers.dense({ units: 8 }), tf.layers.gaussianNoise({ stddev: 0.3 })]),
    chain('gaussianDropout', [6], (tf) => [tf.layers.dense({ units: 8 }), tf.layers.gaussianDropout({ rate: 0.3 })]),
    chain('alphaDropout', [6], (tf) => [tf.layers.dense({ units: 8, activation: 'selu' }), tf.layers.alphaDropout({ rate: 0.3 })]),
    chain('embedding', [5], (tf) => [tf.layers.embedding({ inputDim: 7, outputDim: 4 })], { below: 7, dtype: 'float32' }),
    chain('regularizers l1, l2', [6], (tf) => [
      tf.layers.dense({ units: 4, kernelRegularizer: tf.regularizers.l1l2({ l1: 0.01, l2: 0.02 }), biasRegularizer: tf.regularizers.l2() }),
    ]),
    chain('constraints', [6], (tf) => [
      tf.layers.dense({ units: 4, kernelConstraint: tf.constraints.maxNorm({ maxValue: 1, axis: 0 }), biasConstraint: tf.constraints.nonNeg() }),
      tf.layers.dense({ units: 4, kernelConstraint: tf.constraints.unitNorm({ axis: 0 }) }),
      tf.layers.dense({ units: 4, kernelConstraint: tf.constraints.minMaxNorm({ minValue: 0.5, maxValue: 1 }) }),
    ]),
  ],
};
