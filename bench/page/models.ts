/** Models that are timed and are no presets. */
import type { LayersModel, Tf } from '#engine/capture/author/tfjs.ts';

type Symbolic = ReturnType<Tf['input']>;

/** A residual net for 32x32x3 pictures in 10 classes: one convolution, three blocks of two, a dense layer. */
export function resnet8(tf: Tf): LayersModel {
  const { layers } = tf;
  const convolve = (from: Symbolic, filters: number, kernelSize: number, strides: number) => {
    const convolved = layers.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false }).apply(from) as Symbolic;
    return layers.batchNormalization({}).apply(convolved) as Symbolic;
  };
  const relu = (from: Symbolic) => layers.reLU().apply(from) as Symbolic;
  const input = tf.input({ shape: [32, 32, 3] });
  let stream = relu(convolve(input, 16, 3, 1));
  for (const filters of [16, 32, 64]) {
    const strides = filters === 16 ? 1 : 2;
    const inner = convolve(relu(convolve(stream, filters, 3, strides)), filters, 3, 1);
    const shortcut = strides === 1 ? stream : convolve(stream, filters, 1, strides);
    stream = relu(layers.add().apply([inner, shortcut]) as Symbolic);
  }
  const pooled = layers.globalAveragePooling2d({}).apply(stream) as Symbolic;
  return tf.model({ inputs: input, outputs: layers.dense({ units: 10, activation: 'softmax' }).apply(pooled) as Symbolic });
}

/** Reads `window` characters, and says which comes next. */
export function lstmText(tf: Tf, vocabulary: number, window: number): LayersModel {
  const { layers } = tf;
  const tokens = tf.input({ shape: [window], dtype: 'int32' });
  const embedded = layers.embedding({ inputDim: vocabulary, outputDim: 32 }).apply(tokens) as Symbolic;
  const read = layers.lstm({ units: 64 }).apply(embedded) as Symbolic;
  return tf.model({ inputs: tokens, outputs: layers.dense({ units: vocabulary, activation: 'softmax' }).apply(read) as Symbolic });
}
