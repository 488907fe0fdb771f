import { withSeededWeights } from '../author/seededModel.ts';
import { withAuthoringBackend } from '../author/authoringBackend.ts';
import { captureModel } from '../captureModel.ts';
import type { PresetOptions, PresetResult } from './preset.ts';
import { DIGIT_COLUMNS, makeOptimizer, topologyOf } from './preset.ts';

/**
 * 784-192-10 on handwritten digits. Columns: `image` u8 [784] as f32 0..255 (scaled by 1/255 in the Program),
 * `label` [] as i32. Outputs: loss, accuracy.
 */
export async function mnistDense(options: PresetOptions): Promise<PresetResult> {
  const { tf, batch, seed } = options;
  return withAuthoringBackend(tf, async () => {
    const model = withSeededWeights(tf, seed, () =>
      tf.sequential({
        name: 'mnist_dense',
        layers: [tf.layers.dense({ name: 'dense_1', inputShape: [784], units: 192, activation: 'relu' }), tf.layers.dense({ name: 'dense_2', units: 10, activation: 'softmax' })],
      }),
    );
    const optimizer = makeOptimizer(tf, options.optimizer);
    const captured = await captureModel({
      tf,
      model,
      optimizer,
      loss: 'sparseCategoricalCrossentropy',
      columns: DIGIT_COLUMNS,
      inputs: [{ column: 'image', scale: 1 / 255 }],
      targets: [{ column: 'label' }],
      batch,
      ...(options.profile ? { profile: options.profile } : {}),
    });
    optimizer.dispose();
    return { ...captured, model, topology: topologyOf(model) };
  });
}
