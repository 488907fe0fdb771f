/** What the profiles of mac differ in (SPEC N4, N4e), as WGSL. */
import { BLOCK_FORMATS } from '#engine/numerics/blockMac.ts';
import { MAC_BLOCK } from '#engine/numerics/mac.ts';
import type { Profile } from '#engine/program/program.ts';

export interface MacFormat {
  /** Terms of a block. */
  readonly block: number;
  /** Whether operands are rounded to 12 bits when they are laid out. */
  readonly rounded: boolean;
  /** Whether a factor depends on the largest exponent of its block. */
  readonly sharedExponent: boolean;
  /** f32 of a factor from its word, and the block's largest exponent field. */
  readonly factor: (word: string, largest: string) => string;
  /** Word of a block's result from its sum, and the largest exponent fields of both factors. */
  readonly blockResult: (sum: string, largestA: string, largestB: string) => string;
  /** Function that adds block results. */
  readonly add: string;
}

export function macFormat(profile: Profile): MacFormat {
  if (profile === 'f12') {
    return { block: MAC_BLOCK, rounded: true, sharedExponent: false, factor: (word) => `bitcast<f32>(${word})`, blockResult: (sum) => `flush(fence(${sum}))`, add: 'add_finite' };
  }
  const { bits, block } = BLOCK_FORMATS[profile];
  return {
    block,
    rounded: false,
    sharedExponent: true,
    factor: (word, largest) => `block_mantissa(${word}, ${largest}, ${25 - bits}u)`,
    blockResult: (sum, a, b) => `block_result(${sum}, ${a}, ${b}, ${254 + 2 * (bits - 2)})`,
    add: 'f_add',
  };
}
