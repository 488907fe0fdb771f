import type { Profile } from '#engine/program/program.ts';
import { LayerNames } from './author/layerNames.ts';
import type { LayersModel, Optimizer, Tensor, Tf, Variable } from './author/tfjs.ts';
import type { CapturedStep, Column, Weight } from './captureStep.ts';
import { captureStep } from './captureStep.ts';

/** A column and what happens to it before the model sees it; all of it is part of the Program. */
export interface ModelColumn extends Column {
  /** u8 pictures: 1 / 255. */
  readonly scale?: number;
  /** Shape of one row for the model, where it differs from the column's. */
  readonly reshape?: readonly number[];
}

export interface ModelRequest {
  readonly tf: Tf;
  readonly model: LayersModel;
  readonly optimizer: Optimizer;
  /** tfjs name of the loss (`sparseCategoricalCrossentropy`), a loss function, or one of them for each output. */
  readonly loss: ModelLoss | readonly ModelLoss[];
  /** One for each input of the model, then one for each output. */
  readonly inputs: readonly ModelColumn[];
  readonly targets: readonly ModelColumn[];
  readonly batch: number;
  readonly profile?: Profile;
}

export type ModelLoss = string | ((target: Tensor, output: Tensor) => Tensor);

/** What tfjs-layers' own training function needs; private in its types. */
interface Trainable {
  makeTrainFunction(): (data: Tensor[]) => Tensor[];
  getDedupedMetricsNames(): string[];
  readonly weights: readonly { readonly originalName: string; readonly trainable: boolean; read(): Tensor }[];
}

/** Losses whose targets are class numbers or one-hot rows: accuracy means something there. */
const CLASSIFYING = new Set(['sparseCategoricalCrossentropy', 'categoricalCrossentropy', 'binaryCrossentropy']);

function prepare(tf: Tf, tensor: Tensor, column: ModelColumn, batch: number): Tensor {
  const floats = tf.cast(tensor, 'float32');
  const scaled = column.scale === undefined ? floats : tf.mul(floats, column.scale);
  // Losses want at least [batch, 1].
  const shape = column.reshape ?? (column.shape.length === 0 ? [1] : column.shape);
  return tf.reshape(scaled, [batch, ...shape]);
}

/** Names and variables of a model's weights, in its own order. */
export function weightsOf(model: LayersModel, layers: LayerNames): Weight[] {
  return (model as unknown as Trainable).weights.map((weight) => ({
    name: layers.ofWeight(weight.originalName),
    variable: weight.read() as Variable,
    isTrainable: weight.trainable,
  }));
}

/**
 * Captures the training step that `model.fit` would run with this optimizer and loss: loss, regularisers,
 * gradients, optimizer, batch-norm averages. Outputs `loss`, and `accuracy` for classifying losses.
 * `model` is compiled by this; its weights keep their values. Errors: what tfjs or `captureStep` refuse.
 */
export async function captureModel(request: ModelRequest): Promise<CapturedStep> {
  const { tf, model, optimizer, loss, inputs, targets, batch } = request;
  const layerNames = new LayerNames();
  const names = Array.isArray(loss) ? loss : [loss];
  const isClassifying = names.some((name) => typeof name === 'string' && CLASSIFYING.has(name));
  model.compile({ optimizer, loss: loss as never, ...(isClassifying ? { metrics: ['accuracy'] } : {}) });
  // A sequential model trains through the functional model inside it.
  const trainable = ((model as { model?: unknown }).model ?? model) as Trainable;
  const columns = [...inputs, ...targets];
  return captureStep({
    tf,
    weights: weightsOf(model, layerNames),
    optimizers: [optimizer],
    columns,
    batch,
    layerNames,
    ...(request.profile ? { profile: request.profile } : {}),
    train: (tensors) => {
      const data = columns.map((column) => prepare(tf, tensors[column.name] as Tensor, column, batch));
      const values = trainable.makeTrainFunction()(data);
      const metricNames = trainable.getDedupedMetricsNames();
      const metrics: Record<string, Tensor> = {};
      values.forEach((value, k) => {
        metrics[metricNames[k] === 'acc' ? 'accuracy' : (metricNames[k] ?? `metric_${k}`)] = value;
      });
      return metrics;
    },
  });
}
