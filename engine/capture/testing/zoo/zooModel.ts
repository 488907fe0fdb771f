import type { Tensor, Tf } from '../../author/tfjs.ts';
import type { TrainingTools } from '../../author/trainingTools.ts';
import { philox } from '../../author/philox.ts';
import type { AuthoredModel, AuthoredStep } from '../../captureAuthored.ts';

/** What one tensor of a batch holds. */
export type Fill =
  /** Even in [-1, 1). */
  | 'real'
  /** Even in [0, 1). */
  | 'unit'
  /** -1 or 1. */
  | 'sign'
  /** 0 or 1, an element each. */
  | 'bits'
  /** A row of 0 with one 1. */
  | 'oneHot'
  /** Rows of the last dimension that sum to 1. */
  | 'shares'
  /** Whole numbers under `below`, as float32 (`tokens` of layers models) or int32. */
  | { readonly below: number; readonly dtype: 'float32' | 'int32' }
  /** 'real', with some rows of the last dimension all `value`: masked steps. */
  | { readonly masked: number };

export interface TensorData {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly values: readonly number[];
}

export type BatchData = Readonly<Record<string, TensorData | readonly TensorData[]>>;
export type Spec = readonly [shape: readonly number[], fill: Fill];
type Batch = Record<string, Tensor | Tensor[]>;

/** A small model that stands for one line of what capture covers. */
export interface ZooModel {
  readonly name: string;
  /** The batch's tensors, batch dimension included. Their numbers differ from step to step. */
  readonly data: Readonly<Record<string, Spec | readonly Spec[]>>;
  readonly author: (tf: Tf, tools: TrainingTools, batch: Batch) => Omit<AuthoredModel, 'batch'> | Omit<AuthoredStep, 'batch'>;
}

export interface ZooFamily {
  readonly family: string;
  readonly models: readonly ZooModel[];
}

/** How many different batches the steps go round. */
const BATCHES = 5;

function numbersFrom(key: number, count: number): number[] {
  return Array.from({ length: count }, (_, k) => (philox([key, 99], [k, 0, 0, 0])[0] >>> 8) / 0x1000000);
}

function valuesOf(fill: Fill, shape: readonly number[], units: readonly number[]): number[] {
  const last = shape[shape.length - 1] ?? 1;
  const rowStart = (k: number) => k - (k % last);
  if (fill === 'real') return units.map((u) => 2 * u - 1);
  if (fill === 'unit') return [...units];
  if (fill === 'sign') return units.map((u) => (u < 0.5 ? -1 : 1));
  if (fill === 'bits') return units.map((u) => (u < 0.5 ? 0 : 1));
  if (fill === 'oneHot') return units.map((_, k) => (Math.floor((units[rowStart(k)] ?? 0) * last) === k % last ? 1 : 0));
  if (fill === 'shares') return units.map((u, k) => (u + 0.1) / units.slice(rowStart(k), rowStart(k) + last).reduce((sum, other) => sum + other + 0.1, 0));
  if ('below' in fill) return units.map((u) => Math.floor(u * fill.below));
  return units.map((u, k) => ((units[rowStart(k)] ?? 0) < 0.3 ? fill.masked : 2 * u - 1));
}

function dataOf([shape, fill]: Spec, key: number): TensorData {
  const dtype = typeof fill === 'object' && 'dtype' in fill ? fill.dtype : 'float32';
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { shape, dtype, values: valuesOf(fill, shape, numbersFrom(key, size)) };
}

function isSpec(value: Spec | readonly Spec[]): value is Spec {
  return Array.isArray(value[0]) && !Array.isArray(value[0][0]);
}

export function isList(value: TensorData | readonly TensorData[]): value is readonly TensorData[] {
  return Array.isArray(value);
}

/** The numbers of step `step`. */
export function batchAt(model: ZooModel, step: number): BatchData {
  let key = (step % BATCHES) * 16;
  return Object.fromEntries(Object.entries(model.data).map(([name, value]) => [name, isSpec(value) ? dataOf(value, key++) : value.map((spec) => dataOf(spec, key++))]));
}

export function tensorsOf(tf: Tf, data: BatchData): Batch {
  const tensor = ({ values, shape, dtype }: TensorData) => tf.tensor([...values], [...shape], dtype);
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, isList(value) ? value.map(tensor) : tensor(value)]));
}

/** The layers on rows of `shape`, flattened, then two numbers out, trained to random targets by Adam. */
export function chain(name: string, shape: readonly number[], layers: (tf: Tf) => readonly unknown[], fill: Fill = 'real', batch = 4): ZooModel {
  return {
    name,
    data: { xs: [[batch, ...shape], fill], ys: [[batch, 2], 'real'] },
    author: (tf) => {
      const model = tf.sequential();
      model.add(tf.layers.inputLayer({ inputShape: [...shape] }));
      for (const layer of layers(tf)) model.add(layer as never);
      if ((model.outputs[0]?.shape.length ?? 2) > 2) model.add(tf.layers.flatten());
      model.add(tf.layers.dense({ units: 2 }));
      return { model, optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' };
    },
  };
}
