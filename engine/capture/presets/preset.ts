import type { Profile } from '#engine/program/program.ts';
import type { LayersModel, Optimizer, Tf } from '../author/tfjs.ts';
import type { CapturedStep, Column } from '../captureStep.ts';

export type OptimizerChoice =
  | { readonly kind: 'sgd'; readonly learningRate: number }
  | { readonly kind: 'momentum'; readonly learningRate: number; readonly momentum: number }
  | { readonly kind: 'adam'; readonly learningRate: number };

export interface PresetOptions {
  readonly tf: Tf;
  readonly batch: number;
  readonly optimizer: OptimizerChoice;
  /** Of the first weights. */
  readonly seed: number;
  readonly profile?: Profile;
}

/** A captured model: what a job is posted with. */
export interface PresetResult extends CapturedStep {
  /** tfjs topology (`model.toJSON`), to evaluate and download the trained model; it loads in plain tfjs. */
  readonly topology: object;
  readonly model: LayersModel;
}

/** Digits as the dataset has them: u8 pictures of 784 enter as f32 0..255, labels as i32. */
export const DIGIT_COLUMNS: readonly Column[] = [
  { name: 'image', dtype: 'float32', shape: [784] },
  { name: 'label', dtype: 'int32', shape: [] },
];

export function makeOptimizer(tf: Tf, choice: OptimizerChoice): Optimizer {
  if (choice.kind === 'sgd') return tf.train.sgd(choice.learningRate);
  if (choice.kind === 'momentum') return tf.train.momentum(choice.learningRate, choice.momentum);
  // epsilon is named so that it does not depend on the backend in use.
  return tf.train.adam(choice.learningRate, 0.9, 0.999, 1e-7);
}

/** Topology as plain data, the same whatever layers were made before. */
export function topologyOf(model: LayersModel): object {
  return model.toJSON(null, false) as object;
}
