import { evaluateScalar } from '#engine/numerics/evaluateScalar.ts';
import type { BodyOp } from '#engine/program/program.ts';
import { RandomWords } from '#engine/program/randomWords.ts';

const word = new DataView(new ArrayBuffer(4));
const bitsOf = (value: number) => (word.setFloat32(0, value), word.getUint32(0));
const valueOf = (bits: number) => (word.setUint32(0, bits), word.getFloat32(0));

/** erf by its series, or by the continued fraction of erfc; good to 1e-15. */
function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  let term = size;
  let sum = size;
  for (let n = 1; n < 400; n++) {
    term *= (2 * size * size) / (2 * n + 1);
    sum += term;
  }
  return (Math.sign(x) * 2 * Math.exp(-size * size) * sum) / Math.sqrt(Math.PI);
}

type Case = readonly [op: BodyOp, truth: (x: number, y: number) => number, low: number, high: number];
const cases: readonly Case[] = [
  ['exp', Math.exp, -86.6, 88.7],
  ['log', Math.log, 2 ** -125, 3e38],
  ['log1p', Math.log1p, -0.999, 1e6],
  ['log1p', Math.log1p, 1e-30, 3e38],
  ['expm1', Math.expm1, -20, 88],
  ['expm1', Math.expm1, 1e-30, 1],
  ['tanh', Math.tanh, -12, 12],
  ['tanh', Math.tanh, 1e-30, 1],
  ['sigmoid', (x) => 1 / (1 + Math.exp(-x)), -86, 80],
  ['sigmoid', (x) => 1 / (1 + Math.exp(-x)), -4, 4],
  ['softplus', (x) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0), -86, 80],
  ['erf', erf, -5, 5],
  ['erf', erf, 2 ** -125, 1],
  ['sin', Math.sin, -Math.PI, Math.PI],
  ['sin', Math.sin, -8000, 8000],
  ['sin', Math.sin, 1, 3.4e38],
  ['cos', Math.cos, -Math.PI, Math.PI],
  ['cos', Math.cos, -8000, 8000],
  ['cos', Math.cos, 1, 3.4e38],
  ['pow', (x, y) => x ** y, 0.01, 100],
  ['rsqrt', (x) => 1 / Math.sqrt(x), 2 ** -125, 3e38],
];

export interface FunctionError {
  readonly op: BodyOp;
  readonly low: number;
  readonly high: number;
  /** Units in the last place of the true value. */
  readonly worst: number;
  readonly worstAt: readonly number[];
}

/** Largest error of each defined function against float64, at `points` places of each range, half of them evenly spread and half random. */
export function functionErrors(points: number, seed: number): FunctionError[] {
  return cases.map(([op, truth, low, high]) => {
    const random = new RandomWords(seed);
    let worst = 0;
    let worstAt: number[] = [];
    for (let k = 0; k < points; k++) {
      const part = k % 2 ? k / points : random.word() / 2 ** 32;
      const x = Math.fround(low > 0 ? low * (high / low) ** part : low + (high - low) * part);
      const y = Math.fround((random.word() / 2 ** 32) * 16 - 8);
      const wanted = truth(x, y);
      if (Math.abs(wanted) < 2 ** -125 || Math.abs(wanted) > 3.4e38) continue;
      const args = op === 'pow' ? [x, y] : [x];
      const got = valueOf(evaluateScalar(op, args.map(bitsOf)));
      const error = Math.abs(got - wanted) / 2 ** (Math.floor(Math.log2(Math.abs(wanted))) - 23);
      // A NaN is never the truth here.
      if (!(error <= worst)) [worst, worstAt] = [Number.isNaN(error) ? Infinity : error, args];
    }
    return { op, low, high, worst, worstAt };
  });
}
