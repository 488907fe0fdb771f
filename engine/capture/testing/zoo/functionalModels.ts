import type { Tensor, Tf } from '../../author/tfjs.ts';
import type { Spec, ZooFamily, ZooModel } from './zooModel.ts';
import { chain } from './zooModel.ts';

type Symbolic = ReturnType<Tf['input']>;
type Call = (layer: unknown, ...inputs: Symbolic[]) => Symbolic;

const call: Call = (layer, ...inputs) => (layer as { apply(given: unknown): Symbolic }).apply(inputs.length === 1 ? inputs[0] : inputs);

/** A functional model over inputs of these specs; `join` gives what the head sees. */
function joined(name: string, inputs: readonly Spec[], join: (tf: Tf, inputs: Symbolic[]) => Symbolic): ZooModel {
  return {
    name,
    data: { xs: inputs, ys: [[4, 2], 'real'] },
    author: (tf) => {
      const symbols = inputs.map(([shape]) => tf.input({ shape: shape.slice(1) }));
      const merged = join(tf, symbols);
      const flat = merged.shape.length > 2 ? call(tf.layers.flatten(), merged) : merged;
      return { model: tf.model({ inputs: symbols, outputs: call(tf.layers.dense({ units: 2 }), flat) }), optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' };
    },
  };
}

const PAIR: readonly Spec[] = [
  [[4, 6], 'real'],
  [[4, 6], 'real'],
];

function merging(name: string, layer: (tf: Tf) => unknown): ZooModel {
  return joined(name, PAIR, (tf, [a, b]) =>
    call(layer(tf), call(tf.layers.dense({ units: 5 }), a as Symbolic), call(tf.layers.dense({ units: 5, activation: 'tanh' }), b as Symbolic)),
  );
}

const severalOutputs: ZooModel = {
  name: 'several outputs, a loss each',
  data: {
    xs: [[4, 6], 'real'],
    ys: [
      [[4, 2], 'real'],
      [[4, 3], 'oneHot'],
    ],
  },
  author: (tf) => {
    const input = tf.input({ shape: [6] });
    const trunk = call(tf.layers.dense({ units: 5, activation: 'relu' }), input);
    const outputs = [call(tf.layers.dense({ units: 2 }), trunk), call(tf.layers.dense({ units: 3, activation: 'softmax' }), trunk)];
    return { model: tf.model({ inputs: input, outputs }), optimizer: tf.train.adam(0.01), loss: ['meanSquaredError', 'categoricalCrossentropy'] };
  },
};

const nested: ZooModel = joined('models as layers, shared', PAIR, (tf, inputs) => {
  const encoder = tf.sequential({ layers: [tf.layers.dense({ inputShape: [6], units: 4, activation: 'tanh' }), tf.layers.dense({ units: 3 })] });
  return call(tf.layers.concatenate(), ...inputs.map((input) => call(encoder, input)));
});

/** A layer of somebody's own: gated by a learned scale, with operations that no built-in layer uses. */
function customLayer(tf: Tf): unknown {
  class Gate extends tf.layers.Layer {
    static className = 'ZooGate';
    private scale?: { read(): Tensor };
    override build(shape: number[]): void {
      this.scale = this.addWeight('scale', [shape[shape.length - 1] ?? 1], 'float32', tf.initializers.randomNormal({ stddev: 0.5 }));
      this.built = true;
    }
    override computeOutputShape(shape: number[]): number[] {
      return shape;
    }
    override call(inputs: Tensor | Tensor[]): Tensor {
      return tf.tidy(() => {
        const x = (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor;
        const gate = tf.sigmoid(tf.mul(x, (this.scale as { read(): Tensor }).read()));
        const isLarge = tf.greater(tf.abs(x), 0.5);
        const kept = tf.where(isLarge, tf.sin(x), tf.mul(x, gate));
        return tf.add(tf.sub(kept, tf.mean(kept, -1, true)), tf.mul(tf.cast(isLarge, 'float32'), tf.cos(x)));
      });
    }
  }
  return new Gate({});
}

/** Merging layers and models that are graphs of layers. */
export const functionalModels: ZooFamily = {
  family: 'functional models and custom layers',
  models: [
    merging('concatenate', (tf) => tf.layers.concatenate()),
    merging('add', (tf) => tf.layers.add()),
    merging('multiply', (tf) => tf.layers.multiply()),
    merging('average', (tf) => tf.layers.average()),
    joined('maximum, minimum', PAIR, (tf, [a, b]) => {
      const [x, y] = [call(tf.layers.dense({ units: 5 }), a as Symbolic), call(tf.layers.dense({ units: 5 }), b as Symbolic)];
      return call(tf.layers.concatenate(), call(tf.layers.maximum(), x, y), call(tf.layers.minimum(), x, y));
    }),
    merging('dot', (tf) => tf.layers.dot({ axes: 1 })),
    merging('dot, normalised', (tf) => tf.layers.dot({ axes: 1, normalize: true })),
    joined(
      'dot of matrices',
      [
        [[4, 3, 5], 'real'],
        [[4, 5, 2], 'real'],
      ],
      (tf, [a, b]) => call(tf.layers.dot({ axes: [2, 1] }), call(tf.layers.dense({ units: 5 }), a as Symbolic), b as Symbolic),
    ),
    joined(
      'concatenate along axis 1',
      [
        [[4, 3, 5], 'real'],
        [[4, 2, 5], 'real'],
      ],
      (tf, [a, b]) => call(tf.layers.concatenate({ axis: 1 }), call(tf.layers.dense({ units: 5 }), a as Symbolic), b as Symbolic),
    ),
    joined(
      'several inputs',
      [
        [[4, 6], 'real'],
        [[4, 5], { below: 7, dtype: 'float32' }],
      ],
      (tf, [a, tokens]) =>
        call(
          tf.layers.concatenate(),
          call(tf.layers.dense({ units: 4, activation: 'relu' }), a as Symbolic),
          call(tf.layers.flatten(), call(tf.layers.embedding({ inputDim: 7, outputDim: 3 }), tokens as Symbolic)),
        ),
    ),
    severalOutputs,
    joined('shared layer, residual', [[[4, 6], 'real']], (tf, [input]) => {
      const shared = tf.layers.dense({ units: 6, activation: 'tanh' });
      const once = call(shared, input as Symbolic);
      return call(tf.layers.add(), call(shared, once), once, input as Symbolic);
    }),
    nested,
    chain('custom layer in tf operations', [6], (tf) => [tf.layers.dense({ units: 6 }), customLayer(tf)]),
  ],
};
