import type { NamedWeight } from './modelFiles.ts';
import { weightBytes, weightSpecs } from './modelFiles.ts';

export interface LayersModelFiles {
  /** Contents of `model.json`. */
  readonly modelJson: string;
  /** Contents of `weights.bin`, beside it. */
  readonly weightsBin: Uint8Array<ArrayBuffer>;
}

/** The two files that `tf.loadLayersModel('.../model.json')` loads in plain tfjs. `topology` is `model.toJSON` as data. */
export function exportLayersModel(topology: object, weights: readonly NamedWeight[]): LayersModelFiles {
  const modelJson = JSON.stringify({
    format: 'layers-model',
    generatedBy: 'Tutti',
    convertedBy: null,
    modelTopology: topology,
    weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs(weights) }],
  });
  return { modelJson, weightsBin: weightBytes(weights) };
}
