import type { LoopBuilder } from '../graph/loopBuilder.ts';

/** Inverse trigonometric and hyperbolic functions, from functions that the law defines: a few units in the last place. */

const TAN_EIGHTH = 0.414_213_562_373_095;
const TAN_THREE_EIGHTHS = 2.414_213_562_373_095;
/** Odd polynomial of arctan on [-tan(pi/8), tan(pi/8)] (Cephes atanf), highest power first, in z = x * x. */
const ARCTAN = [8.053_744_495_38e-2, -1.387_768_560_32e-1, 1.997_771_064_78e-1, -3.333_294_915_39e-1];

function withSignOf(loop: LoopBuilder, magnitude: number, of: number): number {
  return loop.op('select', loop.op('flt', of, loop.f32(0)), loop.op('neg', magnitude), magnitude);
}

export function atan(loop: LoopBuilder, x: number): number {
  const magnitude = loop.op('abs', x);
  const isLarge = loop.op('flt', loop.f32(TAN_THREE_EIGHTHS), magnitude);
  const isMiddle = loop.op('flt', loop.f32(TAN_EIGHTH), magnitude);
  const select = (large: number, middle: number, small: number) => loop.op('select', isLarge, large, loop.op('select', isMiddle, middle, small));
  const base = select(loop.f32(Math.PI / 2), loop.f32(Math.PI / 4), loop.f32(0));
  const one = loop.f32(1);
  // One division, after its operands are chosen.
  const reduced = loop.op('div', select(loop.f32(-1), loop.op('sub', magnitude, one), magnitude), select(magnitude, loop.op('add', magnitude, one), one));
  const z = loop.op('mul', reduced, reduced);
  const polynomial = ARCTAN.slice(1).reduce((sum, coefficient) => loop.op('add', loop.op('mul', sum, z), loop.f32(coefficient)), loop.f32(ARCTAN[0] ?? 0));
  const rest = loop.op('add', loop.op('mul', loop.op('mul', polynomial, z), reduced), reduced);
  return withSignOf(loop, loop.op('add', base, rest), x);
}

/** The angle of (x, y). Zero is +0 in the law, so on the negative half-line it is pi. */
export function atan2(loop: LoopBuilder, y: number, x: number): number {
  const zero = loop.f32(0);
  const slope = atan(loop, loop.op('div', y, x));
  const turned = loop.op('add', slope, withSignOf(loop, loop.f32(Math.PI), y));
  const upright = loop.op('select', loop.op('feq', y, zero), zero, withSignOf(loop, loop.f32(Math.PI / 2), y));
  const beside = loop.op('select', loop.op('flt', x, zero), turned, slope);
  return loop.op('select', loop.op('feq', x, zero), upright, beside);
}

/** sqrt((1 - x)(1 + x)) without the cancellation of 1 - x * x. */
function cosineOf(loop: LoopBuilder, x: number): number {
  return loop.op('sqrt', loop.op('mul', loop.op('sub', loop.f32(1), x), loop.op('add', loop.f32(1), x)));
}

export function asin(loop: LoopBuilder, x: number): number {
  const half = atan(loop, loop.op('div', x, loop.op('add', loop.f32(1), cosineOf(loop, x))));
  return loop.op('mul', loop.f32(2), half);
}

export function acos(loop: LoopBuilder, x: number): number {
  const half = atan(loop, loop.op('div', cosineOf(loop, x), loop.op('add', loop.f32(1), x)));
  return loop.op('select', loop.op('feq', x, loop.f32(-1)), loop.f32(Math.PI), loop.op('mul', loop.f32(2), half));
}

export function asinh(loop: LoopBuilder, x: number): number {
  const magnitude = loop.op('abs', x);
  const isHuge = loop.op('flt', loop.f32(2 ** 30), magnitude);
  const m = loop.op('select', isHuge, loop.f32(1), magnitude);
  const square = loop.op('mul', m, m);
  const root = loop.op('sqrt', loop.op('add', square, loop.f32(1)));
  const near = loop.op('log1p', loop.op('add', m, loop.op('div', square, loop.op('add', loop.f32(1), root))));
  const far = loop.op('add', loop.op('log', magnitude), loop.f32(Math.LN2));
  return withSignOf(loop, loop.op('select', isHuge, far, near), x);
}

export function acosh(loop: LoopBuilder, x: number): number {
  const isHuge = loop.op('flt', loop.f32(2 ** 30), x);
  const over = loop.op('sub', loop.op('select', isHuge, loop.f32(2), x), loop.f32(1));
  const root = loop.op('sqrt', loop.op('mul', over, loop.op('add', over, loop.f32(2))));
  const far = loop.op('add', loop.op('log', x), loop.f32(Math.LN2));
  return loop.op('select', isHuge, far, loop.op('log1p', loop.op('add', over, root)));
}

export function atanh(loop: LoopBuilder, x: number): number {
  const m = loop.op('abs', x);
  const ratio = loop.op('div', loop.op('mul', loop.f32(2), m), loop.op('sub', loop.f32(1), m));
  return withSignOf(loop, loop.op('mul', loop.f32(0.5), loop.op('log1p', ratio)), x);
}
