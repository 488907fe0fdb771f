import type { Bits } from '#engine/program/executor.ts';
import type { LayersModel, Tf } from './author/tfjs.ts';
import type { WeightPlace } from './captureStep.ts';
import type { NamedWeight } from './modelFiles.ts';
import { weightBytes, weightSpecs } from './modelFiles.ts';

/** Numbers of bit patterns. */
function floatsOf(bits: Bits): Float32Array {
  return new Float32Array(bits.slice().buffer);
}

/** The model's weights out of a global state's tensors (H4 order). Errors: a state that is shorter than the model. */
export function weightsOfGlobal(places: readonly WeightPlace[], tensors: readonly Bits[]): NamedWeight[] {
  return places.map(({ name, shape, global }) => {
    const bits = tensors[global];
    if (!bits) throw new Error(`the state has ${tensors.length} tensors, but weight ${name} is number ${global}: it is not this model's state`);
    return { name, shape, values: floatsOf(bits) };
  });
}

/** The model's weights out of a Program's state (`program.state` order), as `run.state()` gives it. */
export function weightsOfState(places: readonly WeightPlace[], state: readonly Bits[]): NamedWeight[] {
  return weightsOfGlobal(
    places.map((place) => ({ ...place, global: place.state })),
    state,
  );
}

/**
 * A tfjs model with these weights, to evaluate and try on whatever backend tfjs has.
 * Errors: tfjs's own where topology and weights do not belong together.
 */
export async function loadTrained(tf: Tf, topology: object, weights: readonly NamedWeight[]): Promise<LayersModel> {
  const artifacts = { modelTopology: topology, weightSpecs: weightSpecs(weights), weightData: weightBytes(weights).buffer };
  return tf.loadLayersModel(tf.io.fromMemory(artifacts));
}
