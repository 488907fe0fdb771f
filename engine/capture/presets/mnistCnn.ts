import { withAuthoringBackend } from '../author/authoringBackend.ts';
import { withSeededWeights } from '../author/seededModel.ts';
import { captureModel } from '../captureModel.ts';
import type { PresetOptions, PresetResult } from './preset.ts';
import { DIGIT_COLUMNS, makeOptimizer, topologyOf } from './preset.ts';

/**
 * Two convolutions (8 and 16 filters of 3x3) with max pooling, then dense 10, on handwritten digits. Columns: `image`
 * u8 [784] as f32 0..255 (scaled by 1/255 in the Program), `label` [] as i32. Outputs: loss, accuracy.
 */
export async function mnistCnn(options: PresetOptions): Promise<PresetResult> {
  const { tf, batch, seed } = options;
  return withAuthoringBackend(tf, async () => {
    const model = withSeededWeights(tf, seed, () =>
      tf.sequential({
        name: 'mnist_cnn',
        layers: [
          tf.layers.conv2d({ name: 'conv2d_1', inputShape: [28, 28, 1], filters: 8, kernelSize: 3, activation: 'relu' }),
          tf.layers.maxPooling2d({ name: 'max_pooling2d_1', poolSize: 2 }),
          tf.layers.conv2d({ name: 'conv2d_2', filters: 16, kernelSize: 3, activation: 'relu' }),
          tf.layers.maxPooling2d({ name: 'max_pooling2d_2', poolSize: 2 }),
          tf.layers.flatten({ name: 'flatten_1' }),
          tf.layers.dense({ name: 'dense_1', units: 10, activation: 'softmax' }),
        ],
      }),
    );
    const optimizer = makeOptimizer(tf, options.optimizer);
    const captured = await captureModel({
      tf,
      model,
      optimizer,
      loss: 'sparseCategoricalCrossentropy',
      columns: DIGIT_COLUMNS,
      inputs: [{ column: 'image', scale: 1 / 255, reshape: [28, 28, 1] }],
      targets: [{ column: 'label' }],
      batch,
      ...(options.profile ? { profile: options.profile } : {}),
    });
    optimizer.dispose();
    return { ...captured, model, topology: topologyOf(model) };
  });
}
