import type { Tensor, Tf } from '../author/tfjs.ts';

/** All in one vector of f32. */
export function flat(tf: Tf, ...parts: Tensor[]): Tensor {
  return tf.concat(parts.map((part) => tf.reshape(tf.cast(part, 'float32'), [-1])));
}

/** Value of `f` and gradients of a weighted sum of it, so that each element's differs, all in one vector. */
export function withGradients(tf: Tf, f: (...tensors: Tensor[]) => Tensor, tensors: Tensor[]): Tensor {
  const weighted = (...inputs: Tensor[]): Tensor => {
    const y = f(...inputs);
    const weights = tf.reshape(tf.range(1, y.size + 1, 1, 'float32'), y.shape);
    return tf.sum(tf.mul(y, tf.div(weights, 8)));
  };
  return flat(tf, f(...tensors), ...tf.grads(weighted)(tensors));
}
