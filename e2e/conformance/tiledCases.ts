/** Products and convolutions of sizes that every schedule of a mac takes, workgroup memory too, and that fit none: odd ends everywhere. */
import type { Profile } from '#engine/program/program.ts';
import type { Case } from './compareCase.ts';
import { at, axis, caseOf, f32, matrixProduct, read } from './kernelCases.ts';

export function tiledCases(profile: Profile): Case[] {
  const poisoned = caseOf(`${profile} product 50 x 130 x 45 with Inf and NaN`, matrixProduct(50, 130, 45, profile), ([a, b]) => {
    if (!a || !b) return;
    a[3 * 130 + 129] = 0x7f800000;
    a[49 * 130] = 0x7fc00000;
    b[64 * 45 + 44] = 0xff800000;
  });
  const long = caseOf(`${profile} product 24 x 3000 x 16`, matrixProduct(24, 3000, 16, profile));
  const batched = caseOf(`${profile} batched product 22 x 70 x 14, second transposed`, {
    inputs: [f32('a', 3, 22, 70), f32('b', 3, 14, 70)],
    shape: [3, 22, 14],
    reduce: 'mac',
    extents: [70],
    profile,
    reads: [read(0, [3, 22, 70], [axis(0), axis(1), axis(3)]), read(1, [3, 14, 70], [axis(0), axis(2), axis(3)])],
  });
  const moved = (output: number, tap: number) =>
    at(
      [
        [output, 1],
        [tap, 1],
      ],
      -1,
    );
  const convolution = caseOf(`${profile} convolution 6 x 23, padded, 3 channels to 13`, {
    inputs: [f32('image', 2, 6, 23, 3), f32('filter', 3, 3, 3, 13)],
    shape: [2, 6, 23, 13],
    reduce: 'mac',
    extents: [3, 3, 3],
    profile,
    reads: [read(0, [2, 6, 23, 3], [axis(0), moved(1, 4), moved(2, 5), axis(6)]), read(1, [3, 3, 3, 13], [axis(4), axis(5), axis(6), axis(3)])],
  });
  return [poisoned, long, batched, convolution];
}
