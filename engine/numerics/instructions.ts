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

/** Loops are written out for the commonest lines: one shared by all would call its function anew for every element. */
const unary =
  (f: (a: number) => number): Line =>
  (out, a, _b, _c, count) => {
    for (let k = 0; k < count; k++) out.f[k] = f(a.f[k] as number);
    canonInPlace(out.u, count);
  };

const add: Line = (out, a, b, _c, count) => {
  const [to, left, right] = [out.f, a.f, b.f];
  for (let k = 0; k < count; k++) to[k] = (left[k] as number) + (right[k] as number);
  canonInPlace(out.u, count);
};
const sub: Line = (out, a, b, _c, count) => {
  const [to, left, right] = [out.f, a.f, b.f];
  for (let k = 0; k < count; k++) to[k] = (left[k] as number) - (right[k] as number);
  canonInPlace(out.u, count);
};
const mul: Line = (out, a, b, _c, count) => {
  const [to, left, right] = [out.f, a.f, b.f];
  for (let k = 0; k < count; k++) to[k] = (left[k] as number) * (right[k] as number);
  canonInPlace(out.u, count);
};
const div: Line = (out, a, b, _c, count) => {
  const [to, left, right] = [out.f, a.f, b.f];
  for (let k = 0; k < count; k++) to[k] = (left[k] as number) / (right[k] as number);
  canonInPlace(out.u, count);
};
const sqrt: Line = (out, a, _b, _c, count) => {
  const [to, from] = [out.f, a.f];
  for (let k = 0; k < count; k++) to[k] = Math.sqrt(from[k] as number);
  canonInPlace(out.u, count);
};
const min: Line = (out, a, b, _c, count) => {
  const [to, left, right] = [out.f, a.f, b.f];
  for (let k = 0; k < count; k++) to[k] = Math.min(left[k] as number, right[k] as number);
  canonInPlace(out.u, count);
};
const max: Line = (out, a, b, _c, count) => {
  const [to, left, right] = [out.f, a.f, b.f];
  for (let k = 0; k < count; k++) to[k] = Math.max(left[k] as number, right[k] as number);
  canonInPlace(out.u, count);
};
const neg: Line = (out, a, _b, _c, count) => {
  const [to, from] = [out.f, a.f];
  for (let k = 0; k < count; k++) to[k] = -(from[k] as number);
  canonInPlace(out.u, count);
};
const abs: Line = (out, a, _b, _c, count) => {
  const [to, from] = [out.f, a.f];
  for (let k = 0; k < count; k++) to[k] = Math.abs(from[k] as number);
  canonInPlace(out.u, count);
};
const round: Line = (out, a, _b, _c, count) => {
  const [to, from] = [out.f, a.f];
  for (let k = 0; k < count; k++) to[k] = roundHalfEven(from[k] as number);
  canonInPlace(out.u, count);
};
const less: Line = (out, a, b, _c, count) => {
  const [to, left, right] = [out.u, a.f, b.f];
  for (let k = 0; k < count; k++) to[k] = (left[k] as number) < (right[k] as number) ? 1 : 0;
};
const iadd: Line = (out, a, b, _c, count) => {
  const [to, left, right] = [out.i, a.i, b.i];
  for (let k = 0; k < count; k++) to[k] = ((left[k] as number) + (right[k] as number)) | 0;
};
const iand: Line = (out, a, b, _c, count) => {
  const [to, left, right] = [out.i, a.i, b.i];
  for (let k = 0; k < count; k++) to[k] = (left[k] as number) & (right[k] as number);
};
const shl: Line = (out, a, b, _c, count) => {
  const [to, left, right] = [out.i, a.i, b.i];
  for (let k = 0; k < count; k++) to[k] = (left[k] as number) << ((right[k] as number) & 31);
};
const select: Line = (out, condition, a, b, count) => {
  const [to, test, left, right] = [out.u, condition.u, a.u, b.u];
  for (let k = 0; k < count; k++) to[k] = (test[k] !== 0 ? left[k] : right[k]) as number;
};

const compare =
  (f: (a: number, b: number) => boolean): Line =>
  (out, a, b, _c, count) => {
    for (let k = 0; k < count; k++) out.u[k] = f(a.f[k] as number, b.f[k] as number) ? 1 : 0;
  };
const signed =
  (f: (a: number, b: number) => number): Line =>
  (out, a, b, _c, count) => {
    for (let k = 0; k < count; k++) out.i[k] = f(a.i[k] as number, b.i[k] as number);
  };
const unsigned =
  (f: (a: number, b: number) => number): Line =>
  (out, a, b, _c, count) => {
    for (let k = 0; k < count; k++) out.u[k] = f(a.u[k] as number, b.u[k] as number);
  };
const truth = (value: boolean) => (value ? 1 : 0);
const copy: Line = (out, a, _b, _c, count) => {
  const [to, from] = [out.u, a.u];
  for (let k = 0; k < count; k++) to[k] = from[k] as number;
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
  add,
  sub,
  mul,
  div,
  sqrt,
  min,
  max,
  neg,
  abs,
  floor: unary((a) => Math.floor(a)),
  round,
  feq: compare((a, b) => a === b),
  flt: less,
  fle: compare((a, b) => a <= b),
  iadd,
  isub: signed((a, b) => a - b),
  imul: signed(Math.imul),
  umulhi: unsigned(mulHigh),
  iand,
  ior: signed((a, b) => a | b),
  ixor: signed((a, b) => a ^ b),
  shl,
  ushr: unsigned((a, b) => a >>> (b & 31)),
  sshr: signed((a, b) => a >> (b & 31)),
  ieq: signed((a, b) => truth(a === b)),
  ilt: signed((a, b) => truth(a < b)),
  ile: signed((a, b) => truth(a <= b)),
  ult: unsigned((a, b) => truth(a < b)),
  ule: unsigned((a, b) => truth(a <= b)),
  select,
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
