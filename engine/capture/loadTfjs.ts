import type { Tf } from './author/tfjs.ts';

/** tfjs, loaded when first needed (it is large). In Node it comes as one CommonJS module, in bundles as ES modules. */
export async function loadTfjs(): Promise<Tf> {
  const loaded = (await import('@tensorflow/tfjs')) as Tf & { readonly default?: Tf };
  const tf = loaded.default ?? loaded;
  // Keeps tfjs from printing an advertisement for tfjs-node.
  tf.env().set('IS_NODE', false);
  return tf;
}
