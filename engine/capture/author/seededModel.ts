import { patch } from './labelHooks.ts';
import type { InitializerConfig } from './seededWeights.ts';
import { seededWeight } from './seededWeights.ts';
import type { Tf } from './tfjs.ts';

interface Initializer {
  apply(shape: number[], dtype?: string): unknown;
  getClassName(): string;
  getConfig(): Record<string, unknown>;
}

/** Initializers that tfjs-layers composes inside a layer (an LSTM's forget bias): deterministic when their parts are. */
const COMPOSED = 'CustomInit';

/**
 * Runs `build` (which makes and builds layers) with every weight drawn from (seed, order of making) instead of
 * Math.random. Errors: an initializer without a seeded form, by name.
 */
export function withSeededWeights<T>(tf: Tf, seed: number, build: () => T): T {
  let stream = 0;
  const undo = patch(tf.layers.Layer.prototype, 'addWeight', (original) => function addWeight(...args) {
    const initializer = args[3] as Initializer;
    if (initializer.getClassName() === COMPOSED) return original.apply(this, args);
    const config: InitializerConfig = { className: initializer.getClassName(), config: initializer.getConfig() };
    const position = stream++;
    const seeded = { apply: (shape: number[]) => tf.tensor(seededWeight(config, shape, seed, position), shape, 'float32') };
    return original.apply(this, [...args.slice(0, 3), seeded, ...args.slice(4)]);
  });
  try {
    return build();
  } finally {
    undo();
  }
}
