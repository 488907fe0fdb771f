/**
 * Any |x| as n quarter turns and a rest, in whole numbers (Payne and Hanek 1983): of |x| * 2 / pi only the bits from 2 on
 * downwards count, so as many words of 2 / pi are taken as begin there, wherever in x's exponent that is.
 */
import type { DefinitionBuilder } from './definitionBuilder.ts';
import { multiplyPairs, type Pair, sumOrdered } from './doubleFloat.ts';

/** 32 zero bits, then those of 2 / pi after the point. */
const TWO_OVER_PI = [0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab];
/** Bits of the exponent field less so much are the place of the first bit that counts, from 0.5 on. */
const FIRST_PLACE = 120;
/** pi / 2. */
const HALF_PI = [1.5707963705062866, -4.371139000186241e-8] as const;
/** Below it x is its own rest. */
const QUARTER_PI = 0.785398;

/** `size`: |x|, finite. `n` is an i32 line, of which the last two bits count; the rest is within pi/4 of 0, good to about 2^-30 of it. */
export function reduceByHalfPi(b: DefinitionBuilder, size: number): { readonly n: number; readonly rest: Pair } {
  const [high, low] = productBits(b, size);
  const u32 = (bits: number) => b.bits('u32', bits);
  const n = b.do('ushr', b.do('iadd', b.do('ushr', high, u32(29)), u32(1)), u32(1));
  // The fraction of a quarter turn as a signed number of 64 bits, in parts that f32 holds.
  const upper = b.do('ior', b.do('shl', high, u32(2)), b.do('ushr', low, u32(30)));
  const lower = b.do('shl', low, u32(2));
  const first = b.do('i2f', b.do('sshr', b.do('u2i', upper), b.bits('i32', 8)));
  const second = b.do('u2f', b.do('ior', b.do('shl', b.do('iand', upper, u32(0xff)), u32(16)), b.do('ushr', lower, u32(16))));
  const third = b.do('u2f', b.do('iand', lower, u32(0xffff)));
  const scaled = (part: number, bits: number) => b.do('mul', part, b.f32(2 ** -bits));
  const [sum, lost] = sumOrdered(b, scaled(first, 24), scaled(second, 48));
  const turn = sumOrdered(b, sum, b.do('add', lost, scaled(third, 64)));
  const [rest, more] = multiplyPairs(b, turn, [b.f32(HALF_PI[0]), b.f32(HALF_PI[1])]);
  const small = b.do('flt', size, b.f32(QUARTER_PI));
  return {
    n: b.do('select', small, b.bits('i32', 0), b.do('u2i', n)),
    rest: [b.do('select', small, size, rest), b.do('select', small, b.f32(0), more)],
  };
}

/** 64 bits of |x| * 2 / pi, of which the first two are whole quarter turns. */
function productBits(b: DefinitionBuilder, size: number): readonly [high: number, low: number] {
  const u32 = (bits: number) => b.bits('u32', bits);
  const bits = b.do('f2bits', size);
  const mantissa = b.do('ior', b.do('iand', bits, u32(0x007fffff)), u32(0x00800000));
  const place = b.do('isub', b.do('ushr', bits, u32(23)), u32(FIRST_PLACE));
  const words = wordsFrom(b, b.do('ushr', place, u32(5)));
  const shift = b.do('iand', place, u32(31));
  const back = b.do('isub', u32(31), shift);
  const [w0, w1, w2] = [0, 1, 2].map((k) => b.do('ior', b.do('shl', words[k] as number, shift), b.do('ushr', b.do('ushr', words[k + 1] as number, u32(1)), back))) as [
    number,
    number,
    number,
  ];
  const carried = b.do('umulhi', mantissa, w2);
  const low = b.do('iadd', b.do('imul', mantissa, w1), carried);
  const carry = b.do('i2u', b.do('ult', low, carried));
  return [b.do('iadd', b.do('iadd', b.do('imul', mantissa, w0), b.do('umulhi', mantissa, w1)), carry), low];
}

/** Words `at` to `at` + 3 of 2 / pi. */
function wordsFrom(b: DefinitionBuilder, at: number): number[] {
  const starts = TWO_OVER_PI.length - 3;
  const constants = TWO_OVER_PI.map((bits) => b.bits('u32', bits));
  const isAt = Array.from({ length: starts - 1 }, (_, k) => b.do('ieq', at, b.bits('u32', k)));
  return [0, 1, 2, 3].map((k) => isAt.reduceRight((other, here, start) => b.do('select', here, constants[start + k] as number, other), constants[starts - 1 + k] as number));
}
