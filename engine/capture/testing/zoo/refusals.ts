import type { Tensor, Tf, Variable } from '../../author/tfjs.ts';
import type { Author } from '../../captureAuthored.ts';

/** Something that capture refuses, and how it says so. */
export interface Refusal {
  readonly name: string;
  readonly author: Author;
  readonly says: RegExp;
}

type Step = (tf: Tf, x: Tensor, weight: Variable) => Tensor;

function stepOf(name: string, says: RegExp, compute: Step): Refusal {
  return {
    name,
    says,
    author: (tf) => {
      const weight = tf.variable(tf.ones([4, 4]));
      return {
        variables: { weight },
        optimizer: tf.train.sgd(0.1),
        batch: { x: tf.ones([3, 4]) },
        step: ({ x }) => tf.mean(compute(tf, tf.matMul(x as Tensor, weight as never), weight)),
      };
    },
  };
}

function layersOf(name: string, says: RegExp, shape: number[], layers: (tf: Tf) => readonly unknown[]): Refusal {
  return {
    name,
    says,
    author: (tf) => {
      const model = tf.sequential();
      model.add(tf.layers.inputLayer({ inputShape: shape }));
      for (const layer of layers(tf)) model.add(layer as never);
      if ((model.outputs[0]?.shape.length ?? 2) > 2) model.add(tf.layers.flatten());
      model.add(tf.layers.dense({ units: 1 }));
      return { model, optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError', batch: { xs: tf.ones([2, ...shape]), ys: tf.ones([2, 1]) } };
    },
  };
}

/** What has no exact lowering, by name; and what stock tfjs itself cannot train, in stock's words. */
export const REFUSALS: readonly Refusal[] = [
  stepOf('tf.topk', /no exact lowering for kernel TopK, used by layer step/, (tf, x) => tf.topk(x, 2).values),
  stepOf('tf.unique', /no exact lowering for kernel Unique, used by layer step/, (tf, x) => tf.mul(x, tf.sum(tf.unique(tf.reshape(x, [-1])).values))),
  stepOf('tf.localResponseNormalization', /no exact lowering for kernel LRN, used by layer step/, (tf, x) => tf.localResponseNormalization(tf.reshape(x, [1, 2, 2, 3]) as never)),
  stepOf('tf.dilation2d', /no exact lowering for kernel Dilation2D, used by layer step/, (tf, x) =>
    tf.dilation2d(tf.reshape(x, [1, 3, 4, 1]) as never, tf.zeros([2, 2, 1]), 1, 'same'),
  ),
  stepOf('tf.gatherND', /no exact lowering for kernel GatherNd, used by layer step/, (tf, x) => tf.add(tf.gatherND(x, tf.zeros([1, 2], 'int32')), tf.mean(x))),
  stepOf('tf.fft', /no exact lowering for kernel|dtype complex64/, (tf, x) => tf.real(tf.fft(tf.complex(x, x)))),
  stepOf('reading numbers in the step', /reads a tensor's numbers in mid-step/, (tf, x) => tf.mul(x, x.dataSync()[0] ?? 1)),
  stepOf('data of its own made in the step', /data of its own was made from JavaScript inside the step/, (tf, x) => tf.mul(x, tf.tensor([1, 5, 2, 8]))),
  stepOf('tf.truncatedNormal in the step', /step: tf.truncatedNormal draws from a distribution that has no exact form; use/, (tf, x) => tf.mul(x, tf.truncatedNormal([3, 4]))),
  stepOf('tf.rand in the step', /step: tf.rand draws from a distribution that has no exact form/, (tf, x) =>
    tf.mul(
      x,
      tf.rand([3, 4], () => Math.random()),
    ),
  ),
  stepOf('tf.randomNormal of whole numbers', /tf.randomNormal of dtype int32 has no exact form/, (tf, x) => tf.mul(x, tf.cast(tf.randomNormal([3, 4], 0, 9, 'int32'), 'float32'))),
  stepOf('Math.random in the step', /step: Math.random is called inside the step/, (tf, x) => tf.mul(x, tf.tensor1d(Array.from({ length: 4 }, () => Math.random())))),
  layersOf('dropout with a seed of its own', /dropout_1: tf.randomUniform has a seed of its own.*leave the seed out/, [6], (tf) => [tf.layers.dropout({ rate: 0.5, seed: 7 })]),
  stepOf(
    'a number that changes from step to step',
    /does not do the same each time it runs \(step, product\).*a scalar of the batch/,
    (() => {
      let steps = 0;
      return (tf: Tf, x: Tensor) => tf.mul(x, ++steps);
    })(),
  ),
  stepOf(
    'a tensor of the step before',
    /step uses a tensor that an earlier run of the step made .*tf.variable/,
    (() => {
      let before: Tensor | null = null;
      return (tf: Tf, x: Tensor) => {
        const sum = before ? tf.add(x, before) : x;
        before = tf.keep(tf.mul(x, 2));
        return sum;
      };
    })(),
  ),
  layersOf('bilinear resizing by other than whole factors', /no exact lowering for kernel ResizeBilinear, used by layer resize: .*only whole factors/, [4, 4, 2], (tf) => {
    class Resize extends tf.layers.Layer {
      static className = 'ZooResize';
      override computeOutputShape(): number[] {
        return [2, 6, 6, 2];
      }
      override call(inputs: Tensor | Tensor[]): Tensor {
        return tf.image.resizeBilinear((Array.isArray(inputs) ? inputs[0] : inputs) as never, [6, 6]);
      }
    }
    return [new Resize({ name: 'resize' })];
  }),
  layersOf('conv1d with causal padding (stock)', /layer conv1d_1 fails in TensorFlow.js: .*CAUSAL padding.* Pad in a layer of your own/, [6, 2], (tf) => [
    tf.layers.conv1d({ filters: 2, kernelSize: 3, padding: 'causal' }),
  ]),
  layersOf('activity regularizers (stock)', /layer dense_1 fails in TensorFlow.js: .*activity regularizer.* Add the penalty to the loss/, [6], (tf) => [
    tf.layers.dense({ units: 2, activityRegularizer: tf.regularizers.l1() } as never),
  ]),
];
