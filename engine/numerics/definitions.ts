/**
 * Defined functions (SPEC N3): what exp, log, tanh and the rest *are* here, as fixed lists of primitive lines.
 * Every executor expands these same lists, so a function has one answer because its lines have one.
 * Constants: exp and log after fdlibm/musl (Sun 1993), tanh, sin and cos after Cephes (Moshier), erf after Juffa.
 */
import type { BodyOp } from '#engine/program/program.ts';
import { define, type Definition, type DefinitionBuilder } from './definitionBuilder.ts';
import { multiplyExactly, multiplyPairs, type Pair, sumExactly, sumOrdered } from './doubleFloat.ts';
import { reduceByHalfPi } from './reduceByHalfPi.ts';

/** Bits of the f32 nearest to log2(e). */
const LOG2E = 0x3fb8aa3b;
/** ln 2 in two parts; n * LN2_HIGH is exact for |n| < 2^9. */
const LN2_HIGH = 0.693145751953125;
const LN2_LOW = 1.42860682e-6;
const INF = 0x7f800000;
const NAN = 0x7fc00000;

/** x * 2^n in two exact steps; n an i32 line, |n| < 250. */
function scaleByPower(b: DefinitionBuilder, x: number, n: number): number {
  const half = b.do('sshr', n, b.bits('i32', 1));
  const rest = b.do('isub', n, half);
  const power = (k: number) => b.do('bits2f', b.do('i2u', b.do('shl', b.do('iadd', k, b.bits('i32', 127)), b.bits('i32', 23))));
  return b.do('mul', b.do('mul', x, power(half)), power(rest));
}

/** exp of x + low as 2^n (1 + t), low far below x, 2^n given with n an i32 line. Clamped so that powers of two stay in range, and NaN stays. */
function splitExp(b: DefinitionBuilder, x: number, low?: number) {
  const clamped = b.do('min', b.do('max', x, b.f32(-104)), b.f32(89.5));
  const n = b.do('round', b.do('mul', clamped, b.bits('f32', LOG2E)));
  const high = b.do('sub', clamped, b.do('mul', n, b.f32(LN2_HIGH)));
  const rest = b.do('mul', n, b.f32(LN2_LOW));
  const r = b.do('sub', high, low === undefined ? rest : b.do('sub', rest, low));
  const tail = b.polynomial(r, [1.9841269841e-4, 1.3888888889e-3, 8.3333333333e-3, 4.1666666667e-2, 1.6666666667e-1, 0.5]);
  return { t: b.do('add', r, b.do('mul', b.do('mul', r, r), tail)), n: b.do('f2i', n) };
}

/** exp of x + low; both ends give the right Inf and 0. */
function writeExp(b: DefinitionBuilder, x: number, low?: number): number {
  const { t, n } = splitExp(b, x, low);
  return scaleByPower(b, b.do('add', b.f32(1), t), n);
}

/** x = 2^exponent * (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), for a positive finite x. */
function splitLog(b: DefinitionBuilder, x: number) {
  const bits = b.do('u2i', b.do('f2bits', x));
  // Shifting by the bits of sqrt(1/2) puts the mantissa there.
  const shifted = b.do('iadd', bits, b.bits('i32', 0x3f800000 - 0x3f3504f3));
  const exponent = b.do('isub', b.do('sshr', shifted, b.bits('i32', 23)), b.bits('i32', 127));
  const mantissa = b.do('iadd', b.do('iand', shifted, b.bits('i32', 0x007fffff)), b.bits('i32', 0x3f3504f3));
  const m = b.do('bits2f', b.do('i2u', mantissa));
  return { f: b.do('sub', m, b.f32(1)), k: b.do('i2f', exponent) };
}

/** `value` for a positive finite x, else what log gives there. */
function edgesOfLog(b: DefinitionBuilder, x: number, value: number): number {
  const positive = b.do('select', b.do('feq', x, b.bits('f32', INF)), x, value);
  const notPositive = b.do('select', b.do('feq', x, b.f32(0)), b.bits('f32', 0xff800000), b.bits('f32', NAN));
  return b.do('select', b.do('flt', b.f32(0), x), positive, notPositive);
}

/** log of x, plus `more`, which is far below it. */
function writeLog(b: DefinitionBuilder, x: number, more?: number): number {
  const { f, k } = splitLog(b, x);
  const s = b.do('div', f, b.do('add', b.f32(2), f));
  const z = b.do('mul', s, s);
  const w = b.do('mul', z, z);
  const odd = b.do('mul', w, b.do('add', b.f32(0.40000972152), b.do('mul', w, b.f32(0.24279078841))));
  const even = b.do('mul', z, b.do('add', b.f32(0.66666662693), b.do('mul', w, b.f32(0.28498786688))));
  const r = b.do('add', odd, even);
  const half = b.do('mul', b.do('mul', b.f32(0.5), f), f);
  const ofExponent = b.do('mul', k, b.f32(9.0580006145e-6));
  const low = b.do('add', b.do('mul', s, b.do('add', half, r)), more === undefined ? ofExponent : b.do('add', ofExponent, more));
  const value = b.do('add', b.do('add', b.do('sub', low, half), f), b.do('mul', k, b.f32(0.69313812256)));
  return edgesOfLog(b, x, value);
}

/** log(u) + lost / u, where u = 1 + x rounded and lost is what the rounding took. */
function writeLog1p(b: DefinitionBuilder, x: number): number {
  const [u, lost] = sumExactly(b, b.f32(1), x);
  return writeLog(b, u, b.do('div', lost, u));
}

/** Near zero by the series, elsewhere exp - 1. */
function writeExpm1(b: DefinitionBuilder, x: number): number {
  const series = b.polynomial(x, [2.48015873e-5, 1.984126984e-4, 1.388888889e-3, 8.333333333e-3, 4.166666667e-2, 1.6666666667e-1, 0.5]);
  const near = b.do('add', x, b.do('mul', b.do('mul', x, x), series));
  const far = b.do('sub', writeExp(b, x), b.f32(1));
  return b.do('select', b.do('flt', b.do('abs', x), b.f32(0.5)), near, far);
}

function copySign(b: DefinitionBuilder, magnitude: number, from: number): number {
  const sign = b.do('iand', b.do('f2bits', from), b.bits('u32', 0x80000000));
  return b.do('bits2f', b.do('ior', b.do('f2bits', magnitude), sign));
}

function writeTanh(b: DefinitionBuilder, x: number): number {
  const size = b.do('abs', x);
  const z = b.do('mul', x, x);
  const tail = b.polynomial(z, [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1]);
  const near = b.do('add', x, b.do('mul', b.do('mul', tail, z), x));
  const e = writeExp(b, b.do('add', size, size));
  const far = copySign(b, b.do('sub', b.f32(1), b.do('div', b.f32(2), b.do('add', e, b.f32(1)))), x);
  return b.do('select', b.do('flt', size, b.f32(0.625)), near, far);
}

/**
 * exp(-|x|) never overflows: sigmoid(-100) is exp(-100) / (1 + exp(-100)), not 1 / (1 + Inf). The quotient can lie in a
 * finer binade than exp, whose rounding would then count double: it is taken back, with that of the sum.
 */
function writeSigmoid(b: DefinitionBuilder, x: number): number {
  const { t, n } = splitExp(b, b.do('neg', b.do('abs', x)));
  const [value, lost] = sumOrdered(b, b.f32(1), t);
  const [e, eLow] = [scaleByPower(b, value, n), scaleByPower(b, lost, n)];
  const [below, sumLow] = sumOrdered(b, b.f32(1), e);
  const negative = b.do('flt', x, b.f32(0));
  const quotient = b.do('div', b.do('select', negative, e, b.f32(1)), below);
  const numeratorLow = b.do('select', negative, eLow, b.f32(0));
  const rest = b.do('sub', numeratorLow, b.do('mul', quotient, b.do('add', sumLow, eLow)));
  return b.do('add', quotient, b.do('div', rest, below));
}

function writeSoftplus(b: DefinitionBuilder, x: number): number {
  return b.do('add', b.do('max', x, b.f32(0)), writeLog1p(b, writeExp(b, b.do('neg', b.do('abs', x)))));
}

function writeErf(b: DefinitionBuilder, x: number): number {
  const t = b.do('min', b.do('abs', x), b.f32(6));
  const s = b.do('mul', t, t);
  const step = (sum: number, by: number, coefficient: number) => b.do('add', b.do('mul', sum, by), b.f32(coefficient));
  const high = step(b.do('mul', t, b.f32(-1.7285347e-5)), b.f32(1), 3.83197126e-4);
  const low = step(b.do('mul', t, b.f32(-3.88396438e-3)), b.f32(1), 2.42546219e-2);
  let far = b.do('add', b.do('mul', high, s), low);
  for (const coefficient of [-1.06777877e-1, -6.34846687e-1, -1.28717512e-1]) far = step(far, t, coefficient);
  far = b.do('sub', b.do('mul', far, t), t);
  const outer = b.do('sub', b.f32(1), writeExp(b, far));
  const series = b.polynomial(s, [-5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1]);
  // Of a tiny t the series' product would be flushed.
  const tiny = b.do('flt', t, b.f32(2 ** -60));
  const inner = b.do('select', tiny, b.do('mul', t, b.f32(2 / Math.sqrt(Math.PI))), b.do('add', b.do('mul', series, t), t));
  return copySign(b, b.do('select', b.do('flt', b.f32(0.927734375), t), outer, inner), x);
}

/** Reduces |x|, then picks the quadrant's polynomial. `turn` adds quadrants; without one the sign is x's. */
function writeSine(b: DefinitionBuilder, x: number, turn: 0 | 1): number {
  const { n, rest: parts } = reduceByHalfPi(b, b.do('abs', x));
  const [r, rest] = parts;
  const z = b.do('mul', r, r);
  const cubic = b.do('mul', b.do('mul', r, z), b.polynomial(z, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]));
  const sine = b.do('add', r, b.do('add', cubic, rest));
  const cosine = b.do(
    'add',
    b.do('sub', b.f32(1), b.do('mul', b.f32(0.5), z)),
    b.do('mul', b.do('mul', z, z), b.polynomial(z, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2])),
  );
  const quadrant = b.do('iadd', n, b.bits('i32', turn));
  const value = b.do('select', b.do('iand', quadrant, b.bits('i32', 1)), cosine, sine);
  const signed = b.do('select', b.do('iand', quadrant, b.bits('i32', 2)), b.do('neg', value), value);
  const odd = turn === 1 ? signed : b.do('select', b.do('flt', x, b.f32(0)), b.do('neg', signed), signed);
  const finite = b.do('flt', b.do('abs', x), b.bits('f32', INF));
  return b.do('select', finite, odd, b.bits('f32', NAN));
}

/** log(1 + f) as a pair, good to about 2^-34 of it: 2 (s + s^3 / 3 + s^5 / 5 + ...) with s = f / (2 + f). */
function writeLogPair(b: DefinitionBuilder, f: number): Pair {
  const [below, lost] = sumExactly(b, b.f32(2), f);
  const s = b.do('div', f, below);
  const [product, rest] = multiplyExactly(b, s, below);
  const remainder = b.do('sub', b.do('sub', b.do('sub', f, product), rest), b.do('mul', s, lost));
  const pair: Pair = [s, b.do('div', remainder, below)];
  const z = multiplyPairs(b, pair, pair);
  const tail = b.do('mul', z[0], b.polynomial(z[0], [1 / 11, 1 / 9, 1 / 7, 1 / 5]));
  const third = sumOrdered(b, b.f32(1 / 3), tail);
  const factor: Pair = [third[0], b.do('add', third[1], b.f32(1 / 3 - Math.fround(1 / 3)))];
  const [high, low] = multiplyPairs(b, pair, multiplyPairs(b, z, factor));
  const sum = sumOrdered(b, s, high);
  const small = b.do('add', sum[1], b.do('add', pair[1], low));
  return [b.do('add', sum[0], sum[0]), b.do('add', small, small)];
}

/** |x|^y = exp(y log|x|) with log and product as pairs, since exp turns absolute errors into relative ones. */
function writePowOfMagnitude(b: DefinitionBuilder, x: number, y: number): number {
  const { f, k } = splitLog(b, x);
  const [high, low] = writeLogPair(b, f);
  const sum = sumExactly(b, b.do('mul', k, b.f32(LN2_HIGH)), high);
  const [log, rest] = sumOrdered(b, sum[0], b.do('add', sum[1], b.do('add', low, b.do('mul', k, b.f32(LN2_LOW)))));
  const edged = edgesOfLog(b, x, log);
  const [product, lost] = multiplyExactly(b, y, edged);
  const more = b.do('add', lost, b.do('mul', y, rest));
  // Beyond, the result is 0 or Inf, and the parts may be NaN.
  const near = b.do('flt', b.do('abs', product), b.f32(128));
  return writeExp(b, product, b.do('select', near, more, b.f32(0)));
}

/** Negative x only for whole y; 0^0 and anything^0 are 1. */
function writePow(b: DefinitionBuilder, x: number, y: number): number {
  const magnitude = writePowOfMagnitude(b, b.do('abs', x), y);
  const whole = b.do('feq', b.do('floor', y), y);
  const half = b.do('mul', y, b.f32(0.5));
  const odd = b.do('isub', b.bits('i32', 1), b.do('feq', b.do('floor', half), half));
  const signed = b.do('select', odd, b.do('neg', magnitude), magnitude);
  const ofNegative = b.do('select', whole, signed, b.bits('f32', NAN));
  const value = b.do('select', b.do('flt', x, b.f32(0)), ofNegative, magnitude);
  const ofOne = b.do('select', b.do('feq', x, b.f32(1)), b.f32(1), value);
  const square = b.do('select', b.do('feq', y, b.f32(2)), b.do('mul', x, x), ofOne);
  const first = b.do('select', b.do('feq', y, b.f32(1)), x, square);
  return b.do('select', b.do('feq', y, b.f32(0)), b.f32(1), first);
}

export const definitions: Readonly<Partial<Record<BodyOp, Definition>>> = {
  exp: define(1, writeExp),
  log: define(1, writeLog),
  log1p: define(1, writeLog1p),
  expm1: define(1, writeExpm1),
  tanh: define(1, writeTanh),
  sigmoid: define(1, writeSigmoid),
  softplus: define(1, writeSoftplus),
  erf: define(1, writeErf),
  sin: define(1, (b, x) => writeSine(b, x, 0)),
  cos: define(1, (b, x) => writeSine(b, x, 1)),
  pow: define(2, writePow),
  rsqrt: define(1, (b, x) => b.do('div', b.f32(1), b.do('sqrt', x))),
};
