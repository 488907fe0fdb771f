import { describe, expect, test } from 'vitest';
import { evaluateScalar } from '#engine/numerics/evaluateScalar.ts';
import { DEFINED_OPS } from '#engine/program/program.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import { functionErrors } from './functionErrors.ts';

describe('N3 nearness to the true value', () => {
  const errors = functionErrors(4000, 11);

  test('every defined function is measured', () => {
    expect(new Set(errors.map(({ op }) => op))).toEqual(DEFINED_OPS);
  });

  test.each(errors)('$op from $low to $high is within 2 ULP', ({ worst, worstAt }) => {
    expect(worst, `at ${worstAt.join(', ')}`).toBeLessThanOrEqual(2);
  });
});

test('N3 the f32 that lies nearest to a multiple of pi/2 has its own cosine, 2^-29 from zero', () => {
  // 16 367 173 * 2^72 (Muller et al., Handbook of Floating-Point Arithmetic, 11.1).
  expect(evaluateScalar('cos', [0x6f79be45]).toString(16)).toBe('b0ddeea9');
});

/** A positive normal f32 is whole * 2^power with 24 bits in whole. */
const partsOf = (bits: number) => ({ whole: BigInt((bits & 0x7fffff) | 0x800000), power: ((bits >>> 23) & 255) - 150 });

/** Sign of |x| * 2^p - |y| * 2^q in whole numbers. */
function compareScaled(x: bigint, p: number, y: bigint, q: number): number {
  const least = Math.min(p, q);
  const difference = (x << BigInt(p - least)) - (y << BigInt(q - least));
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

/** The halves between `bits` and its neighbours, as whole * 2^power. */
function bounds(bits: number) {
  const { whole, power } = partsOf(bits);
  const below = (bits & 0x7fffff) === 0 ? { whole: 4n * whole - 1n, power: power - 2 } : { whole: 2n * whole - 1n, power: power - 1 };
  return { below, above: { whole: 2n * whole + 1n, power: power - 1 }, even: bits % 2 === 0 };
}

/** Normal, positive, far enough from both ends that results are normal. */
const operand = (random: RandomWords, spread: number) =>
  (((127 - spread + (random.word() % (2 * spread))) << 23) | (random.word() & (random.word() % 3 ? 0x7fffff : 0x70000f))) >>> 0;

describe('N2 correct rounding, in whole numbers', () => {
  test('div: the quotient lies between the halves beside the result, and on one only where it is even', () => {
    const random = new RandomWords(5);
    for (let k = 0; k < 20_000; k++) {
      const [a, b] = [operand(random, 60), operand(random, 60)];
      const { below, above, even } = bounds(evaluateScalar('div', [a, b]));
      const [x, y] = [partsOf(a), partsOf(b)];
      const low = compareScaled(below.whole * y.whole, below.power + y.power, x.whole, x.power);
      const high = compareScaled(above.whole * y.whole, above.power + y.power, x.whole, x.power);
      expect(even ? low <= 0 && high >= 0 : low < 0 && high > 0, `${a.toString(16)} / ${b.toString(16)}`).toBe(true);
    }
  });

  test('sqrt: the operand lies between the squares of the halves beside the result', () => {
    const random = new RandomWords(6);
    for (let k = 0; k < 20_000; k++) {
      const a = operand(random, 120);
      const { below, above } = bounds(evaluateScalar('sqrt', [a]));
      const x = partsOf(a);
      const low = compareScaled(below.whole * below.whole, 2 * below.power, x.whole, x.power);
      const high = compareScaled(above.whole * above.whole, 2 * above.power, x.whole, x.power);
      expect(low < 0 && high > 0, a.toString(16)).toBe(true);
    }
  });
});
