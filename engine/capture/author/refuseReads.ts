import { patch } from './patch.ts';
import type { Tensor, Tf } from './tfjs.ts';

/** Reads that give a promise. */
const READS = ['data', 'array', 'buffer', 'bytes'];

/**
 * Has asynchronous reads of numbers that a recorded step does not have throw at once, as synchronous ones do: nobody may
 * wait for their promise. Returns the function that undoes it.
 */
export function refuseReads(tf: Tf): () => void {
  const undo = READS.map((name) =>
    patch(
      tf.Tensor.prototype,
      name,
      (original) =>
        function read(...args) {
          tf.engine().readSync((this as Tensor).dataId);
          return original.apply(this, args);
        },
    ),
  );
  return () => {
    for (const restore of undo) restore();
  };
}
