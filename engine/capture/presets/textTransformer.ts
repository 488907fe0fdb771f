import { withAuthoringBackend } from '../author/authoringBackend.ts';
import { withSeededWeights } from '../author/seededModel.ts';
import type { LayersModel, Tf } from '../author/tfjs.ts';
import { captureModel } from '../captureModel.ts';
import type { PresetOptions, PresetResult } from './preset.ts';
import { makeOptimizer, topologyOf } from './preset.ts';

export interface TransformerShape {
  /** Number of different characters. */
  readonly vocabulary: number;
  /** Characters seen at once. */
  readonly window: number;
  readonly width: number;
  readonly heads: number;
  readonly blocks: number;
}

export const SMALL_TRANSFORMER: Omit<TransformerShape, 'vocabulary'> = { window: 32, width: 32, heads: 2, blocks: 2 };

type Symbolic = ReturnType<Tf['input']>;

/** Added to scores of characters that come later; exp of it is 0. */
const HIDDEN = 1e9;

/**
 * A decoder-only transformer from stock tfjs layers alone, so that what is downloaded loads in plain tfjs. Two things
 * that have no stock layer are written with PReLU over a tensor of -1 (prelu(-1) = -alpha): learned positions
 * (trained alpha) and the causal mask (frozen alpha).
 */
class TransformerBuilder {
  private readonly tf: Tf;
  private readonly shape: TransformerShape;
  constructor(tf: Tf, shape: TransformerShape) {
    this.tf = tf;
    this.shape = shape;
  }

  build(): LayersModel {
    const { tf, shape } = this;
    const { layers } = tf;
    const tokens = tf.input({ name: 'tokens', shape: [shape.window], dtype: 'int32' });
    const embedded = layers
      .embedding({ name: 'characters', inputDim: shape.vocabulary, outputDim: shape.width, embeddingsInitializer: tf.initializers.randomNormal({ stddev: 0.1 }) })
      .apply(tokens);
    const minusOne = layers
      .embedding({ name: 'minus_one', inputDim: shape.vocabulary, outputDim: 1, trainable: false, embeddingsInitializer: tf.initializers.constant({ value: -1 }) })
      .apply(tokens) as Symbolic;
    const row = layers.flatten({ name: 'minus_one_row' }).apply(minusOne) as Symbolic;
    const mask = this.fromAlpha(row, shape.window, 'causal_mask', false);
    const positions = layers.permute({ name: 'positions_by_time', dims: [2, 1] }).apply(this.fromAlpha(row, shape.width, 'positions', true));
    let stream = layers.add({ name: 'embedding' }).apply([embedded as Symbolic, positions as Symbolic]) as Symbolic;
    for (let block = 1; block <= shape.blocks; block++) stream = this.block(stream, mask, `block_${block}`);
    const last = layers.layerNormalization({ name: 'final_norm' }).apply(stream);
    const output = layers.dense({ name: 'next_character', units: shape.vocabulary, activation: 'softmax' }).apply(last) as Symbolic;
    const model = tf.model({ name: 'text_transformer', inputs: tokens, outputs: output });
    this.setMask(model);
    return model;
  }

  /** [batch, window] of -1 to a [rows, window] weight, the same for every element of the batch. */
  private fromAlpha(row: Symbolic, rows: number, name: string, trainable: boolean): Symbolic {
    const { layers, initializers } = this.tf;
    const repeated = layers.repeatVector({ name: `${name}_rows`, n: rows }).apply(row);
    const alphaInitializer = trainable ? initializers.randomNormal({ stddev: 0.1 }) : initializers.zeros();
    return layers.prelu({ name, trainable, alphaInitializer }).apply(repeated) as Symbolic;
  }

  private setMask(model: LayersModel): void {
    const { window } = this.shape;
    const values = Float32Array.from({ length: window * window }, (_, k) => (k % window > Math.floor(k / window) ? HIDDEN : 0));
    const mask = this.tf.tensor(values, [window, window]);
    model.getLayer('causal_mask').setWeights([mask]);
    mask.dispose();
  }

  private block(stream: Symbolic, mask: Symbolic, name: string): Symbolic {
    const { layers } = this.tf;
    const attended = this.attention(layers.layerNormalization({ name: `${name}_norm_1` }).apply(stream) as Symbolic, mask, name);
    const middle = layers.add({ name: `${name}_after_attention` }).apply([stream, attended]) as Symbolic;
    const normal = layers.layerNormalization({ name: `${name}_norm_2` }).apply(middle);
    const hidden = layers.dense({ name: `${name}_hidden`, units: 4 * this.shape.width, activation: 'relu' }).apply(normal);
    const output = layers.dense({ name: `${name}_output`, units: this.shape.width }).apply(hidden) as Symbolic;
    return layers.add({ name: `${name}_end` }).apply([middle, output]) as Symbolic;
  }

  /** Each head has its own three projections: tfjs's Dot layer takes no fourth dimension. */
  private attention(input: Symbolic, mask: Symbolic, name: string): Symbolic {
    const { layers, initializers } = this.tf;
    const { width, heads } = this.shape;
    const units = width / heads;
    // Queries start smaller by the root of the head's width: the usual division of scores has no stock layer.
    const smaller = initializers.varianceScaling({ scale: 1 / units, mode: 'fanAvg', distribution: 'uniform' });
    const outputs: Symbolic[] = [];
    for (let head = 1; head <= heads; head++) {
      const project = (what: string, kernelInitializer: ReturnType<typeof initializers.zeros> | 'glorotUniform') =>
        layers.dense({ name: `${name}_${what}_${head}`, units, useBias: false, kernelInitializer }).apply(input) as Symbolic;
      const scores = layers.dot({ name: `${name}_scores_${head}`, axes: [2, 2] }).apply([project('query', smaller), project('key', 'glorotUniform')]) as Symbolic;
      const masked = layers.add({ name: `${name}_masked_${head}` }).apply([scores, mask]);
      const weights = layers.activation({ name: `${name}_weights_${head}`, activation: 'softmax' }).apply(masked) as Symbolic;
      outputs.push(layers.dot({ name: `${name}_head_${head}`, axes: [2, 1] }).apply([weights, project('value', 'glorotUniform')]) as Symbolic);
    }
    const joined = heads === 1 ? outputs[0] : layers.concatenate({ name: `${name}_heads` }).apply(outputs);
    return layers.dense({ name: `${name}_joined`, units: width }).apply(joined as Symbolic) as Symbolic;
  }
}

/**
 * Predicts the next character at each place of a window. Column: `tokens` i32 [window + 1]; the Program feeds the first
 * `window` and compares with the last. Outputs: loss (nats a character), accuracy.
 * Errors: a width that heads do not divide.
 */
export async function textTransformer(options: PresetOptions & { readonly shape: TransformerShape }): Promise<PresetResult> {
  const { tf, batch, seed, shape } = options;
  if (shape.width % shape.heads !== 0) throw new Error(`${shape.heads} heads do not divide a width of ${shape.width}: choose a multiple`);
  return withAuthoringBackend(tf, async () => {
    const model = withSeededWeights(tf, seed, () => new TransformerBuilder(tf, shape).build());
    const optimizer = makeOptimizer(tf, options.optimizer);
    const captured = await captureModel({
      tf,
      model,
      optimizer,
      loss: 'sparseCategoricalCrossentropy',
      columns: [{ name: 'tokens', dtype: 'int32', shape: [shape.window + 1] }],
      inputs: [{ column: 'tokens', range: { start: 0, count: shape.window } }],
      targets: [{ column: 'tokens', range: { start: 1, count: shape.window }, reshape: [shape.window, 1] }],
      batch,
      ...(options.profile ? { profile: options.profile } : {}),
    });
    optimizer.dispose();
    return { ...captured, model, topology: topologyOf(model) };
  });
}
