import { patch } from './patch.ts';
import type { Tensor, Tf } from './tfjs.ts';
import { engineOf } from './tfjs.ts';

type Inputs = Record<string, Tensor | null | undefined>;

/** What batchNormalization reads where it has no scale or no centre. */
const NOTHING = { read: () => null };

interface BatchNormalization {
  readonly scale: boolean;
  readonly center: boolean;
  gamma?: unknown;
  beta?: unknown;
}

/** Runs a batch normalisation that has something to read as its scale and its centre. */
function withReadableWeights(layer: BatchNormalization, run: () => unknown): unknown {
  const lacks = [layer.scale ? [] : ['gamma' as const], layer.center ? [] : ['beta' as const]].flat();
  for (const name of lacks) layer[name] = NOTHING;
  try {
    return run();
  } finally {
    for (const name of lacks) delete layer[name];
  }
}

/**
 * Lets normalisation without scale or centre be trained. tfjs's batchNormalization reads weights that it does not
 * have then, and the gradient of its kernel wants a scale: a scale of ones and an offset of zeros mean the same.
 * Returns the function that undoes it.
 */
export function hookNormalization(tf: Tf): () => void {
  const unhookLayer = patch(
    tf.layers.Layer.prototype,
    'apply',
    (original) =>
      function apply(...args) {
        const run = () => original.apply(this, args);
        return (this as { getClassName(): string }).getClassName() === 'BatchNormalization' ? withReadableWeights(this as BatchNormalization, run) : run();
      },
  );
  const unhookKernel = patch(
    engineOf(tf),
    'runKernel',
    (original) =>
      function runKernel(...args) {
        const [kernel, given] = args as [string, Inputs];
        if (kernel !== 'FusedBatchNorm') return original.apply(this, args);
        const { shape } = given.mean as Tensor;
        const inputs = { ...given, scale: given.scale ?? tf.ones(shape), offset: given.offset ?? tf.zeros(shape) };
        return original.apply(this, [kernel, inputs, ...args.slice(2)]);
      },
  );
  return () => {
    unhookKernel();
    unhookLayer();
  };
}
