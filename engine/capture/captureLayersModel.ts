import type { Profile } from '#engine/program/program.ts';
import { withAuthoringBackend } from './author/authoringBackend.ts';
import { withSeededWeightsAsync } from './author/seededModel.ts';
import type { LayersModel, Tf } from './author/tfjs.ts';
import { nameLayerErrors } from './author/layerErrors.ts';
import type { Feed, ModelLoss } from './captureModel.ts';
import { captureModel } from './captureModel.ts';
import type { Column } from './captureStep.ts';
import type { ModelFiles } from './modelFiles.ts';
import { sizeOfShape } from './modelFiles.ts';
import type { OptimizerChoice, PresetResult } from './presets/preset.ts';
import { makeOptimizer, topologyOf } from './presets/preset.ts';
import { topologyIn } from './topologyIn.ts';

export interface LayersModelRequest {
  readonly tf: Tf;
  /** A requestor's own model. Without weights, first weights are drawn from `seed` by the layers' initializers. */
  readonly files: ModelFiles;
  readonly seed: number;
  readonly optimizer: OptimizerChoice;
  readonly loss: ModelLoss | readonly ModelLoss[];
  readonly columns: readonly Column[];
  readonly inputs: readonly Feed[];
  readonly targets: readonly Feed[];
  readonly batch: number;
  readonly profile?: Profile;
}

interface ModelJson {
  readonly weightsManifest?: readonly { readonly weights: readonly { readonly name: string; readonly shape: number[]; readonly dtype: string }[] }[];
}

async function load(tf: Tf, files: ModelFiles, seed: number): Promise<LayersModel> {
  const modelTopology = topologyIn(files.json);
  if (!files.weights) return withSeededWeightsAsync(tf, seed, () => tf.loadLayersModel(tf.io.fromMemory({ modelTopology })));
  const specs = ((files.json as ModelJson).weightsManifest ?? []).flatMap((group) => group.weights);
  if (specs.length === 0) throw new Error('weights were given, but model.json has no weightsManifest that says what they are');
  const odd = specs.find((spec) => spec.dtype !== 'float32');
  if (odd) throw new Error(`weight ${odd.name} is ${odd.dtype}: only float32 weights can be trained, save the model without quantisation`);
  const needed = specs.reduce((sum, spec) => sum + 4 * sizeOfShape(spec.shape), 0);
  if (needed !== files.weights.length)
    throw new Error(`model.json lists ${needed} bytes of weights, the file has ${files.weights.length}: give all weight files, in the manifest's order`);
  return tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs: specs as never, weightData: files.weights.slice().buffer }));
}

/** As `load`; what a layer refuses names the layer. */
async function loadNamed(tf: Tf, files: ModelFiles, seed: number): Promise<LayersModel> {
  const undo = nameLayerErrors(tf);
  try {
    return await load(tf, files, seed);
  } finally {
    undo();
  }
}

/**
 * Captures the training step of a requestor's own layers model.
 * Errors: files that are no layers model, columns that do not fit, and what capture refuses (kernel and layer named).
 */
export async function captureLayersModel(request: LayersModelRequest): Promise<PresetResult> {
  const { tf, files, seed, optimizer, loss, columns, inputs, targets, batch } = request;
  return withAuthoringBackend(tf, async () => {
    const model = await loadNamed(tf, files, seed);
    const chosen = makeOptimizer(tf, optimizer);
    const captured = await captureModel({
      tf,
      model,
      optimizer: chosen,
      loss,
      columns,
      inputs,
      targets,
      batch,
      ...(request.profile ? { profile: request.profile } : {}),
    });
    chosen.dispose();
    return { ...captured, model, topology: topologyOf(model) };
  });
}
