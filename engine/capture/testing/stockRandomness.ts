import { patch } from '../author/labelHooks.ts';
import { philox } from '../author/philox.ts';
import type { Distribution } from '../author/randomTensors.ts';
import { fixMathRandom, recognise } from '../author/randomTensors.ts';
import type { Tf } from '../author/tfjs.ts';

/** The seed words of every run that is compared. */
export const SEED: readonly [number, number] = [17, 42];

/** Numbers of the Program's generator (SPEC N7) as stock tfjs would hold them: computed in doubles, rounded once. */
function drawn({ kind, scale, offset }: Distribution, count: number, step: number, stream: number): Float32Array {
  return Float32Array.from({ length: count }, (_, element) => {
    const [first, second] = philox(SEED, [step, element, stream, 0]);
    const unit = (first >>> 8) / 0x1000000;
    const turn = (second >>> 8) / 0x1000000;
    const standard = kind === 'uniform' ? unit : Math.sqrt(-2 * Math.log(((first >>> 8) + 1) / 0x1000000)) * Math.cos(2 * Math.PI * turn);
    return standard * scale + offset;
  });
}

/** Runs one step of stock tfjs whose random tensors are those that the Program draws at `step`. */
export async function withProgramRandomness<T>(tf: Tf, step: number, inside: () => Promise<T>): Promise<T> {
  let draws = 0;
  let streams = 0;
  let isRecognising = false;
  const unfix = fixMathRandom(() => {
    if (!isRecognising) draws++;
  });
  const unpatch = patch(
    tf.engine(),
    'makeTensor',
    (original) =>
      function makeTensor(values, ...rest) {
        if (draws === 0 || isRecognising) return original.apply(this, [values, ...rest]);
        draws = 0;
        isRecognising = true;
        const distribution = recognise(tf, values as Float32Array);
        isRecognising = false;
        if (!distribution) throw new Error('stock tfjs drew numbers of an unknown distribution');
        return original.apply(this, [drawn(distribution, (values as Float32Array).length, step, streams++), ...rest]);
      },
  );
  try {
    return await inside();
  } finally {
    unpatch();
    unfix();
  }
}
