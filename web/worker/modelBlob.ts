/** What evaluating and downloading need besides the weights: tfjs topology and where each weight is in a global state. */
import type { WeightPlace } from '#engine/capture/captureStep.ts';

export interface ModelBlob {
  readonly topology: object;
  readonly weights: readonly WeightPlace[];
  /** Element counts of a global state's tensors (H4). */
  readonly sizes: readonly number[];
}

export function encodeModelBlob(model: ModelBlob): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(model));
}

/** Errors: a blob that is not one of ours. It only shows results, so nothing rests on it. */
export function decodeModelBlob(bytes: Uint8Array): ModelBlob {
  const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes));
  const model = parsed as Partial<ModelBlob> | null;
  if (typeof model?.topology !== 'object' || !Array.isArray(model.weights) || !Array.isArray(model.sizes))
    throw new Error('The model description of this job cannot be read: trying and downloading it is not possible.');
  return model as ModelBlob;
}
