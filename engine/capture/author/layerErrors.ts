import { LayerNames } from './layerNames.ts';
import { patch } from './patch.ts';
import type { Tf } from './tfjs.ts';

/** What to do about limits of tfjs itself that it does not explain. */
const REMEDIES: readonly (readonly [says: RegExp, remedy: string])[] = [
  [/CAUSAL padding/, "Pad in a layer of your own (tf.pad before the first step) and use padding 'valid'."],
  [/activity\s+regularizer/, 'Add the penalty to the loss instead.'],
];

/** Errors that were given a layer: those of a layer inside another keep the inner one. */
const named = new WeakSet<Error>();

function isNamed(error: Error, layer: string): boolean {
  return named.has(error) || error.message.split(/[\s:,;()]+/).some((word) => word === layer || word === `${layer}.`);
}

/** `error` with the layer that it comes from, and a remedy where one is known. */
export function errorOfLayer(error: unknown, layer: string): unknown {
  if (!(error instanceof Error) || isNamed(error, layer)) return error;
  const remedy = REMEDIES.find(([says]) => says.test(error.message))?.[1];
  const result = new Error(`layer ${layer} fails in TensorFlow.js: ${error.message}${remedy ? ` ${remedy}` : ''}`, { cause: error });
  named.add(result);
  return result;
}

/** Has errors of layers name them; each layer that is applied runs `within` its name. Returns the function that undoes it. */
export function nameLayerErrors(tf: Tf, layers = new LayerNames(), within = <T>(_: string, inside: () => T): T => inside()): () => void {
  return patch(
    tf.layers.Layer.prototype,
    'apply',
    (original) =>
      function apply(...args) {
        if (this instanceof tf.LayersModel) return original.apply(this, args);
        const layer = layers.of((this as { name: string }).name);
        try {
          return within(layer, () => original.apply(this, args));
        } catch (error) {
          throw errorOfLayer(error, layer);
        }
      },
  );
}
