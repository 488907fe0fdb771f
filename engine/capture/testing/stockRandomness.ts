import { patch } from '../author/patch.ts';
import { philox } from '../author/philox.ts';
import { type Distribution, RandomDraws } from '../author/randomDraws.ts';
import type { Tf } from '../author/tfjs.ts';

/** The seed words of every run that is compared. */
export const SEED: readonly [number, number] = [17, 42];

/** Numbers of the Program's generator (SPEC N7) as stock tfjs would hold them: computed in doubles, rounded or cut off once. */
function drawn({ kind, scale, offset, dtype }: Distribution, count: number, step: number, stream: number): Float32Array | Int32Array {
  const numbers = Array.from({ length: count }, (_, element) => {
    const [first, second] = philox(SEED, [step, element, stream, 0]);
    const unit = (first >>> 8) / 0x1000000;
    const turn = (second >>> 8) / 0x1000000;
    const standard = kind === 'uniform' ? unit : Math.sqrt(-2 * Math.log(((first >>> 8) + 1) / 0x1000000)) * Math.cos(2 * Math.PI * turn);
    return standard * scale + offset;
  });
  return dtype === 'int32' ? Int32Array.from(numbers) : Float32Array.from(numbers);
}

/** Runs one step of stock tfjs whose random tensors are those that the Program draws at `step`. */
export async function withProgramRandomness<T>(tf: Tf, step: number, distributions: readonly Distribution[], inside: () => Promise<T>): Promise<T> {
  const draws = new RandomDraws(0, () => 'stock tfjs');
  const unwatch = draws.watch(tf);
  const unpatch = patch(
    tf.engine(),
    'makeTensor',
    (original) =>
      function makeTensor(values, ...rest) {
        const [, dtype] = rest as [unknown, string];
        const draw = draws.written(values as ArrayLike<number>, dtype);
        if (draw === null) return original.apply(this, [values, ...rest]);
        const distribution = distributions[draw];
        if (!distribution) throw new Error(`stock tfjs draws a tensor ${draw + 1} that capture did not see`);
        return original.apply(this, [drawn(distribution, (values as ArrayLike<number>).length, step, draw), ...rest]);
      },
  );
  try {
    return await inside();
  } finally {
    unpatch();
    unwatch();
  }
}
