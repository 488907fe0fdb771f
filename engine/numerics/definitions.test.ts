import { describe, expect, test } from 'vitest';
import { LIMITS } from '#engine/program/limits.ts';
import { type BodyOp, DEFINED_OPS } from '#engine/program/program.ts';
import { definitions } from './definitions.ts';
import { evaluateScalar } from './evaluateScalar.ts';

const word = new DataView(new ArrayBuffer(4));
const bits = (value: number) => (word.setFloat32(0, value), word.getUint32(0));
const value = (pattern: number) => (word.setUint32(0, pattern), word.getFloat32(0));

/** Distance in units in the last place of the true value, as float64 knows it. */
function ulps(got: number, truth: number): number {
  if (Math.abs(truth) < 2 ** -125) return got === 0 ? 0 : Math.abs(got - truth) / 2 ** -149;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(truth))), -126);
  return Math.abs(got - truth) / 2 ** (exponent - 23);
}

const truths: [BodyOp, (x: number) => number, number, number, number][] = [
  ['exp', Math.exp, -86, 88, 1.5],
  ['log', Math.log, 1e-30, 1e30, 1.5],
  ['log1p', Math.log1p, -0.9, 1e6, 2],
  ['expm1', Math.expm1, -20, 80, 2],
  ['tanh', Math.tanh, -12, 12, 2],
  ['sigmoid', (x) => 1 / (1 + Math.exp(-x)), -80, 80, 2],
  ['softplus', (x) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0), -80, 80, 2],
  ['sin', Math.sin, -100, 100, 2],
  ['cos', Math.cos, -100, 100, 2],
  ['rsqrt', (x) => 1 / Math.sqrt(x), 1e-30, 1e30, 1.5],
];

describe('N3 defined functions', () => {
  test('P4 the list of defined functions is known to validation, and none is longer than it counts', () => {
    expect(new Set(Object.keys(definitions))).toEqual(DEFINED_OPS);
    for (const definition of Object.values(definitions)) expect(definition.lines.length).toBeLessThanOrEqual(LIMITS.definedLines);
  });

  test.each(truths)('%s is near the true value', (op, truth, low, high, most) => {
    let worst = 0;
    let at = 0;
    for (let k = 0; k < 4000; k++) {
      const x = Math.fround(low > 0 ? low * (high / low) ** (k / 3999) : low + ((high - low) * k) / 3999);
      const got = value(evaluateScalar(op, [bits(x)]));
      // sin and cos near their zeros: an absolute bound is what range reduction gives.
      const error = op === 'sin' || op === 'cos' ? Math.abs(got - truth(x)) / 2 ** -24 : ulps(got, truth(x));
      if (error > worst) [worst, at] = [error, x];
    }
    expect(worst, `worst at ${at}`).toBeLessThanOrEqual(most);
  });

  test.each([
    ['exp', [0x7f800000], 0x7f800000],
    ['exp', [0xff800000], 0],
    ['exp', [0], 0x3f800000],
    ['exp', [0x7fc00000], 0x7fc00000],
    ['log', [0], 0xff800000],
    ['log', [bits(-1)], 0x7fc00000],
    ['log', [0x7f800000], 0x7f800000],
    ['log', [bits(1)], 0],
    ['sigmoid', [bits(-100)], 0],
    ['sigmoid', [0x7f800000], bits(1)],
    ['tanh', [0xff800000], bits(-1)],
    ['tanh', [0], 0],
    ['softplus', [0x7f800000], 0x7f800000],
    ['erf', [0x7f800000], bits(1)],
    ['erf', [0], 0],
    ['pow', [bits(-2), bits(3)], bits(-8)],
    ['pow', [bits(0), bits(0)], bits(1)],
    ['pow', [bits(3), bits(2)], bits(9)],
    ['sqrt', [bits(-1)], 0x7fc00000],
    ['div', [bits(1), 0], 0x7f800000],
    ['div', [0, 0], 0x7fc00000],
    ['add', [0x7f800000, 0xff800000], 0x7fc00000],
    ['mul', [0x00800000, bits(1)], 0],
  ] as const)('N2, N3 %s of %o', (op, args, wanted) => {
    expect(evaluateScalar(op, args).toString(16)).toBe(wanted.toString(16));
  });
});
