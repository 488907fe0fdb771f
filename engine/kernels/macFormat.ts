/** What the profiles of mac differ in (SPEC N4, N4e), as WGSL. */
import { BLOCK_FORMATS } from '#engine/numerics/blockMac.ts';
import { MAC_BLOCK } from '#engine/numerics/mac.ts';
import type { Profile } from '#engine/program/program.ts';

/**
 * How f12 adds up a block: `fast` trusts the compiler to keep the order that is written; `guarded` puts a fence behind every
 * product and every sum, which no compiler sees through. Other profiles have no order to keep, and one variant.
 */
export type Variant = 'fast' | 'guarded';

export interface MacFormat {
  /** Terms of a block. */
  readonly block: number;
  /** Whether operands are rounded to 12 bits when they are laid out. */
  readonly rounded: boolean;
  /** Whether a factor depends on the largest exponent of its block. */
  readonly sharedExponent: boolean;
  /** f32 of a factor from its word, and the block's largest exponent field. */
  readonly factor: (word: string, largest: string) => string;
  /** f32 of a sum with one more product; `repeats`: products that are added one after the other share a factor. */
  readonly term: (sum: string, a: string, b: string, repeats: boolean) => string;
  /** Word of a block's result from its sum, and the largest exponent fields of both factors. */
  readonly blockResult: (sum: string, largestA: string, largestB: string) => string;
  /** Function that adds block results. */
  readonly add: string;
  /** Set where factors are mantissas from memory (layMantissas.ts): their exponents lie beside them. */
  readonly exponents: ExponentRange | null;
}

/** Sums of both exponent fields of a block, within which its result and every total are ordinary numbers. */
export interface ExponentRange {
  readonly lowest: number;
  readonly highest: number;
  /** Taken off the sum, it is the exponent field of the power of two that the block's sum is scaled with. */
  readonly bias: number;
}

/** Where terms share a factor, a compiler that knows it (Mesa's) makes a * b + a * c into a * (b + c): seen, and wrong by a bit. */
const fastTerm: MacFormat['term'] = (sum, a, b, repeats) => `${sum} + ${repeats ? `lone_product(${a}, ${b})` : `${a} * ${b}`}`;
const guardedTerm: MacFormat['term'] = (sum, a, b) => `guarded_sum(${sum}, ${a}, ${b})`;

/** Whether a shader adds up in the guarded way. */
export const isGuarded = (code: string) => code.includes('guarded_sum(');

export function macFormat(profile: Profile, variant: Variant): MacFormat {
  if (profile === 'f12') {
    return {
      block: MAC_BLOCK,
      rounded: true,
      sharedExponent: false,
      factor: (word) => `bitcast<f32>(${word})`,
      term: variant === 'guarded' ? guardedTerm : fastTerm,
      blockResult: (sum) => `flush(fence(${sum}))`,
      add: 'add_finite',
      exponents: null,
    };
  }
  const { bits, block } = BLOCK_FORMATS[profile];
  return {
    block,
    rounded: false,
    sharedExponent: true,
    factor: (word, largest) => `block_mantissa(${word}, ${largest}, ${25 - bits}u)`,
    term: (sum, a, b) => fastTerm(sum, a, b, false),
    blockResult: (sum, a, b) => `block_result(${sum}, ${a}, ${b}, ${254 + 2 * (bits - 2)})`,
    add: 'f_add',
    exponents: null,
  };
}

/** Of a profile with shared exponents, over mantissas from memory. */
export function mantissaFormat(profile: Exclude<Profile, 'f12'>): MacFormat {
  const { bits } = BLOCK_FORMATS[profile];
  // Lowest: the least bit of a block's sum is 2^-124. Highest: under 2^94, so that 2^20 of them are no Inf.
  const exponents = { lowest: 130 + 2 * (bits - 2), highest: 340, bias: 127 + 2 * (bits - 2) };
  return { ...macFormat(profile, 'fast'), sharedExponent: false, factor: (word) => `bitcast<f32>(${word})`, exponents };
}
