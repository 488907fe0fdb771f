import type { Profile } from '#engine/program/program.ts';
import { LayerNames } from './author/layerNames.ts';
import type { LayersModel, Optimizer, Tensor, Tf, Variable } from './author/tfjs.ts';
import type { CapturedStep, Column, StepRequest, Weight } from './captureStep.ts';
import { captureStep } from './captureStep.ts';
import { lossesOf, requireFeedsFit, rowShapeOf } from './feedsFit.ts';

/** How a column becomes an input or a target of the model; all of it is part of the Program. */
export interface Feed {
  readonly column: string;
  /** u8 pictures: 1 / 255. */
  readonly scale?: number;
  /** Elements [start, start + count) of a row: a text window's tokens, and the same shifted by one. */
  readonly range?: { readonly start: number; readonly count: number };
  /** Shape of one row for the model, where it differs from the column's. */
  readonly reshape?: readonly number[];
}

export interface ModelRequest {
  readonly tf: Tf;
  readonly model: LayersModel;
  /** An optimizer, or tfjs's name of one. */
  readonly optimizer: Optimizer | string;
  /** tfjs name of the loss (`sparseCategoricalCrossentropy`), a loss function, or one of them for each output, in order or by name. */
  readonly loss: ModelLoss | readonly ModelLoss[] | Readonly<Record<string, ModelLoss>>;
  readonly columns: readonly Column[];
  /** One for each input of the model. */
  readonly inputs: readonly Feed[];
  /** One for each output of the model. */
  readonly targets: readonly Feed[];
  readonly batch: number;
  readonly schedules?: StepRequest['schedules'];
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

function prepare(tf: Tf, tensor: Tensor, feed: Feed, batch: number, dtype: 'float32' | 'int32'): Tensor {
  const [, ...rowShape] = tensor.shape;
  const ranged = feed.range ? tf.slice(tf.reshape(tensor, [batch, -1]), [0, feed.range.start], [batch, feed.range.count]) : tensor;
  const typed = tf.cast(ranged, dtype);
  const scaled = feed.scale === undefined ? typed : tf.mul(typed, feed.scale);
  return tf.reshape(scaled, [batch, ...rowShapeOf(feed, { shape: rowShape })]);
}

/** Tensors for tfjs-layers' training function, inputs first. */
function feedsOf(request: ModelRequest, columns: Readonly<Record<string, Tensor>>): Tensor[] {
  const { tf, model, inputs, targets, batch } = request;
  const column = (feed: Feed): Tensor => {
    const tensor = columns[feed.column];
    if (!tensor) throw new Error(`the model is fed from a column "${feed.column}" that the dataset does not have`);
    return tensor;
  };
  return [
    ...inputs.map((feed, k) => prepare(tf, column(feed), feed, batch, model.inputs[k]?.dtype === 'int32' ? 'int32' : 'float32')),
    ...targets.map((feed) => prepare(tf, column(feed), feed, batch, 'float32')),
  ];
}

/** Names and variables of a model's weights, in its own order. */
export function weightsOf(model: LayersModel, layers: LayerNames): Weight[] {
  return (model as unknown as Trainable).weights.map((weight) => ({
    name: layers.ofWeight(weight.originalName),
    modelName: weight.originalName,
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
  const { tf, model, optimizer, loss, columns, batch } = request;
  requireFeedsFit(request);
  const layerNames = new LayerNames();
  const weights = weightsOf(model, layerNames);
  if (!weights.some(({ isTrainable }) => isTrainable)) throw new Error('the model has no weight to train: set trainable = true on a layer that has weights');
  const isClassifying = lossesOf(model, loss).some((name) => typeof name === 'string' && CLASSIFYING.has(name));
  model.compile({ optimizer, loss: loss as never, ...(isClassifying ? { metrics: ['accuracy'] } : {}) });
  // A sequential model trains through the functional model inside it.
  const trainable = ((model as { model?: unknown }).model ?? model) as Trainable;
  return captureStep({
    tf,
    weights,
    optimizers: [(model as unknown as { optimizer: Optimizer }).optimizer],
    columns,
    batch,
    layerNames,
    scope: 'loss',
    schedules: request.schedules ?? [],
    ...(request.profile ? { profile: request.profile } : {}),
    train: (tensors) => {
      const values = trainable.makeTrainFunction()(feedsOf(request, tensors));
      const metricNames = trainable.getDedupedMetricsNames();
      const metrics: Record<string, Tensor> = {};
      values.forEach((value, k) => {
        metrics[metricNames[k] === 'acc' ? 'accuracy' : (metricNames[k] ?? `metric_${k}`)] = value;
      });
      return metrics;
    },
  });
}
