/** What a row's step is to jax-js: a function over the Program's state and columns, by their names there. */
import type { numpy as np } from '@jax-js/jax';

export type Named = { readonly [name: string]: np.Array };

/** `outputs` are the Program's, in its order; `next` has every state that the step changes. Owns what it is given, as all of jax-js does. */
export type JaxStep = (state: Named, columns: Named) => { outputs: np.Array[]; next: Named };

export function named(arrays: Named, name: string): np.Array {
  const array = arrays[name];
  if (!array) throw new Error(`the Program has no ${name}; it has ${Object.keys(arrays).join(', ')}`);
  return array;
}
