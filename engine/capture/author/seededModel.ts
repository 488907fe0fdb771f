import { patch } from './patch.ts';
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
 * As `withSeededWeights`, for models that load asynchronously. No other model may be built meanwhile.
 */
export async function withSeededWeightsAsync<T>(tf: Tf, seed: number, build: () => Promise<T>): Promise<T> {
  const undo = seedLayers(tf, seed);
  try {
    return await build();
  } finally {
    undo();
  }
}

/**
 * Runs `build` (which makes and builds layers) with every weight drawn from (seed, order of making) instead of
 * Math.random. Errors: an initializer without a seeded form, by name.
 */
export function withSeededWeights<T>(tf: Tf, seed: number, build: () => T): T {
  const undo = seedLayers(tf, seed);
  try {
    return build();
  } finally {
    undo();
  }
}

function seedLayers(tf: Tf, seed: number): () => void {
  let stream = 0;
  return patch(
    tf.layers.Layer.prototype,
    'addWeight',
    (original) =>
      function addWeight(...args) {
        const initializer = args[3] as Initializer;
        if (initializer.getClassName() === COMPOSED) return original.apply(this, args);
        const config: InitializerConfig = { className: initializer.getClassName(), config: initializer.getConfig() };
        const position = stream++;
        const seeded = { apply: (shape: number[]) => tf.tensor(seededWeight(config, shape, seed, position), shape, 'float32') };
        return original.apply(this, [...args.slice(0, 3), seeded, ...args.slice(4)]);
      },
  );
}
