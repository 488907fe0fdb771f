/**
 * Every primitive line of a body, over a chunk of points (SPEC N1, N2). One tight loop each.
 *
 * The sum, difference, product, quotient or root of two f32 in double, rounded once more to f32, is the correctly
 * rounded f32 result (double rounding is innocuous at 53 >= 2 * 24 + 2 bits; Figueroa 1995). Stores into a
 * Float32Array round to nearest even. `canonInPlace` then gives the canonical bits, whatever NaN the host made.
 */
import type { BodyOp } from '#engine/program/program.ts';
import { canonInPlace } from './canon.ts';
import type { Chunk } from './chunk.ts';

type Line = (out: Chunk, a: Chunk, b: Chunk, c: Chunk, count: number) => void;

const unary = (f: (a: number) => number): Line => (out, a, _b, _c, count) => {
  for (let k = 0; k < count; k++) out.f[k] = f(a.f[k] as number);
  canonInPlace(out.u, count);
};
const binary = (f: (a: number, b: number) => number): Line => (out, a, b, _c, count) => {
  for (let k = 0; k < count; k++) out.f[k] = f(a.f[k] as number, b.f[k] as number);
  canonInPlace(out.u, count);
};
const compare = (f: (a: number, b: number) => boolean): Line => (out, a, b, _c, count) => {
  for (let k = 0; k < count; k++) out.u[k] = f(a.f[k] as number, b.f[k] as number) ? 1 : 0;
};
const signed = (f: (a: number, b: number) => number): Line => (out, a, b, _c, count) => {
  for (let k = 0; k < count; k++) out.i[k] = f(a.i[k] as number, b.i[k] as number);
};
const unsigned = (f: (a: number, b: number) => number): Line => (out, a, b, _c, count) => {
  for (let k = 0; k < count; k++) out.u[k] = f(a.u[k] as number, b.u[k] as number);
};
const truth = (value: boolean) => (value ? 1 : 0);
const copy: Line = (out, a, _b, _c, count) => {
  for (let k = 0; k < count; k++) out.u[k] = a.u[k] as number;
};

/** Nearest, ties to even; exact for every f32. */
export function roundHalfEven(x: number): number {
  if (!(Math.abs(x) < 0x800000)) return x;
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Truncates toward zero and saturates; NaN gives 0. */
function toInteger(x: number, low: number, high: number): number {
  if (x !== x) return 0;
  return Math.trunc(Math.min(Math.max(x, low), high));
}

/** High word of the product of two u32. */
export function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/** min and max: NaN if either is (Math.min and Math.max agree); there is one zero. */
export const primitives: Readonly<Partial<Record<BodyOp, Line>>> = {
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  sqrt: unary((a) => Math.sqrt(a)),
  min: binary((a, b) => Math.min(a, b)),
  max: binary((a, b) => Math.max(a, b)),
  neg: unary((a) => -a),
  abs: unary((a) => Math.abs(a)),
  floor: unary((a) => Math.floor(a)),
  round: unary(roundHalfEven),
  feq: compare((a, b) => a === b),
  flt: compare((a, b) => a < b),
  fle: compare((a, b) => a <= b),
  iadd: signed((a, b) => a + b),
  isub: signed((a, b) => a - b),
  imul: signed(Math.imul),
  umulhi: unsigned(mulHigh),
  iand: signed((a, b) => a & b),
  ior: signed((a, b) => a | b),
  ixor: signed((a, b) => a ^ b),
  shl: unsigned((a, b) => a << (b & 31)),
  ushr: unsigned((a, b) => a >>> (b & 31)),
  sshr: signed((a, b) => a >> (b & 31)),
  ieq: signed((a, b) => truth(a === b)),
  ilt: signed((a, b) => truth(a < b)),
  ile: signed((a, b) => truth(a <= b)),
  ult: unsigned((a, b) => truth(a < b)),
  ule: unsigned((a, b) => truth(a <= b)),
  select: (out, condition, a, b, count) => {
    for (let k = 0; k < count; k++) out.u[k] = ((condition.u[k] as number) !== 0 ? a.u[k] : b.u[k]) as number;
  },
  i2f: (out, a, _b, _c, count) => {
    for (let k = 0; k < count; k++) out.f[k] = a.i[k] as number;
    canonInPlace(out.u, count);
  },
  u2f: (out, a, _b, _c, count) => {
    for (let k = 0; k < count; k++) out.f[k] = a.u[k] as number;
    canonInPlace(out.u, count);
  },
  f2i: (out, a, _b, _c, count) => {
    for (let k = 0; k < count; k++) out.i[k] = toInteger(a.f[k] as number, -0x80000000, 0x7fffffff);
  },
  f2u: (out, a, _b, _c, count) => {
    for (let k = 0; k < count; k++) out.u[k] = toInteger(a.f[k] as number, 0, 0xffffffff);
  },
  f2bits: copy,
  bits2f: (out, a, b, c, count) => {
    copy(out, a, b, c, count);
    canonInPlace(out.u, count);
  },
  i2u: copy,
  u2i: copy,
};
