import type { Tf } from './tfjs.ts';

/**
 * Runs `inside` on tfjs's CPU backend, where models are built for capture: weights can be read at once there, and
 * numbers do not depend on a GPU. The backend that was in use is back afterwards.
 */
export async function withAuthoringBackend<T>(tf: Tf, inside: () => Promise<T>): Promise<T> {
  // Keeps tfjs from printing an advertisement for tfjs-node.
  tf.env().set('IS_NODE', false);
  const before = tf.getBackend() || 'cpu';
  await tf.setBackend('cpu');
  try {
    return await inside();
  } finally {
    if (before !== 'cpu') await tf.setBackend(before);
  }
}
