/**
 * What is known of each line of a body before it runs: between which values it lies, and when it is NaN. Where operands
 * cannot be Inf, WGSL needs no tests for it; nor for NaN, as long as somebody looks at the lines where it came from.
 * So exp, whose argument is clamped at first, is plain sums and products after that.
 */
import type { BodyOp, Instruction } from '#engine/program/program.ts';

export interface Range {
  /**
   * Inclusive; -Infinity and Infinity where the value may be Inf, or where an integer is unknown. NaN aside. Of a u32 word: of
   * the number that sums and shifts make of it before it wraps, so what reads it as a number from 0 on first looks at `low`.
   */
  readonly low: number;
  readonly high: number;
  /** Lines of f32: this one is NaN exactly where one of them is. */
  readonly nan: ReadonlySet<number>;
}

type Ends = readonly [low: number, high: number];

const NEVER: ReadonlySet<number> = new Set();
const MOST = 2 ** 128 * (1 - 2 ** -24);
/** Magnitudes under this are +0 (SPEC N1). */
const TINY = 2 ** -125;
const UNKNOWN: Ends = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
const I32: Ends = [-(2 ** 31), 2 ** 31 - 1];
const INF_BITS = 0x7f800000;
/** Of 2^-125. */
const LEAST_BITS = 0x01000000;

/** One a line of an expanded body (expandBody.ts). */
export function rangesOf(body: readonly Instruction[]): Range[] {
  const ranges: Range[] = [];
  for (const [at, line] of body.entries()) ranges.push(halfLeft(body, line, ranges) ?? rangeOf(line, at, 'args' in line ? line.args.map((arg) => ranges[arg] as Range) : []));
  return ranges;
}

/** n - (n >> k), which grows with n: exp takes a power of two apart so. */
function halfLeft(body: readonly Instruction[], line: Instruction, ranges: readonly Range[]): Range | null {
  if (line.op !== 'isub') return null;
  const [whole = -1, part = -1] = line.args;
  const shifted = body[part];
  if (shifted?.op !== 'sshr' || shifted.args[0] !== whole) return null;
  const [n, by] = [ranges[whole] as Range, ranges[shifted.args[1] as number] as Range];
  if (!isBounded(n) || !isShift(by) || by.low === 0) return null;
  const left = (end: number) => end - Math.floor(end / 2 ** by.low);
  return { low: left(n.low), high: left(n.high), nan: NEVER };
}

export const isBounded = ({ low, high }: Range) => low > Number.NEGATIVE_INFINITY && high < Number.POSITIVE_INFINITY;

/** Whether a sum, difference, product or quotient of values in these ranges is one of finite numbers, and not by zero. Other lines take any. */
export function areOrdinary(op: BodyOp, args: readonly Range[]): boolean {
  if (op !== 'add' && op !== 'sub' && op !== 'mul' && op !== 'div') return true;
  const [, b] = args as [Range, Range];
  return args.every(isBounded) && (op !== 'div' || b.low > 0 || b.high < 0);
}

/** Whether a word is for sure the bits of a canonical number other than 0. */
export const isNormalWord = ({ low, high }: Range) => low >= LEAST_BITS && high < INF_BITS;

function rangeOf(line: Instruction, at: number, args: readonly Range[]): Range {
  if (line.op === 'const') return rangeOfConstant(line.dtype, line.bits, at);
  const itself = new Set([at]);
  if (!('args' in line)) return { low: UNKNOWN[0], high: UNKNOWN[1], nan: itself };
  const [low, high] = endsOf(line.op, args);
  return { low, high, nan: nanOf(line.op, args) ?? itself };
}

function rangeOfConstant(dtype: 'f32' | 'i32' | 'u32', bits: number, at: number): Range {
  const words = Uint32Array.of(bits);
  const value = dtype === 'u32' ? bits : ((dtype === 'i32' ? new Int32Array(words.buffer) : new Float32Array(words.buffer))[0] as number);
  return Number.isNaN(value) ? { low: 0, high: 0, nan: new Set([at]) } : { low: value, high: value, nan: NEVER };
}

/** Null: it may be NaN by itself. */
function nanOf(op: BodyOp, args: readonly Range[]): ReadonlySet<number> | null {
  if (!areOrdinary(op, args)) return null;
  const [a] = args as [Range];
  switch (op) {
    case 'neg':
    case 'abs':
    case 'floor':
    case 'round':
    case 'min':
    case 'max':
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
      return union(args);
    case 'sqrt':
      return a.low >= 0 ? union(args) : null;
    case 'select':
      return args.slice(1).every(({ nan }) => nan.size === 0) ? NEVER : null;
    case 'bits2f':
      return a.low >= 0 && a.high < INF_BITS ? NEVER : null;
    case 'i2f':
    case 'u2f':
      return NEVER;
    default:
      return null;
  }
}

function union(args: readonly Range[]): ReadonlySet<number> {
  const [first = NEVER, ...more] = args.map(({ nan }) => nan).filter(({ size }) => size > 0);
  return more.length === 0 ? first : new Set([first, ...more].flatMap((nan) => [...nan]));
}

function endsOf(op: BodyOp, args: readonly Range[]): Ends {
  if (!areOrdinary(op, args)) return UNKNOWN;
  const [a, b, c] = args as [Range, Range, Range];
  switch (op) {
    case 'neg':
      return [0 - a.high, 0 - a.low];
    case 'abs':
      return [Math.max(0, a.low, -a.high), Math.max(-a.low, a.high)];
    case 'floor':
    case 'round':
      return [Math.floor(a.low), Math.ceil(a.high)];
    case 'min':
      return [Math.min(a.low, b.low), Math.min(a.high, b.high)];
    case 'max':
      return [Math.max(a.low, b.low), Math.max(a.high, b.high)];
    case 'add':
      return rounded([a.low + b.low, a.high + b.high]);
    case 'sub':
      return rounded([a.low - b.high, a.high - b.low]);
    case 'mul':
      return rounded(corners(a, b, (x, y) => x * y));
    case 'div':
      return rounded(corners(a, b, (x, y) => x / y));
    case 'sqrt':
      return rounded([0, Math.sqrt(Math.max(0, a.high))]);
    case 'select':
      return [Math.min(b.low, c.low), Math.max(b.high, c.high)];
    default:
      return wordEnds(op, a, b);
  }
}

/** Of lines that give or take integers. */
function wordEnds(op: BodyOp, a: Range, b: Range): Ends {
  switch (op) {
    case 'iadd':
      return unwrapped([a.low + b.low, a.high + b.high]);
    case 'isub':
      return unwrapped([a.low - b.high, a.high - b.low]);
    case 'shl':
      return isShift(b) ? unwrapped([a.low * 2 ** b.low, a.high * 2 ** b.low]) : UNKNOWN;
    case 'sshr':
      return isShift(b) && isBounded(a) ? [Math.floor(a.low / 2 ** b.low), Math.floor(a.high / 2 ** b.low)] : UNKNOWN;
    case 'iand':
      return isOne(b) && b.low >= 0 && b.low <= I32[1] ? [0, b.low] : UNKNOWN;
    case 'i2u':
    case 'u2i':
      return a.low >= 0 && a.high <= I32[1] ? [a.low, a.high] : UNKNOWN;
    case 'f2i':
      return [Math.trunc(Math.min(0, Math.max(a.low, I32[0]))), Math.trunc(Math.max(0, Math.min(a.high, I32[1])))];
    case 'bits2f':
      return a.low >= 0 && a.high < INF_BITS ? [floatOf(a.low), floatOf(a.high)] : UNKNOWN;
    case 'i2f':
      return rounded(isBounded(a) ? [a.low, a.high] : I32);
    case 'u2f':
      return rounded(isBounded(a) && a.low >= 0 ? [a.low, a.high] : [0, 2 ** 32]);
    default:
      return UNKNOWN;
  }
}

const isOne = ({ low, high }: Range) => low === high;
const isShift = (range: Range) => isOne(range) && range.low >= 0 && range.low < 32;
const unwrapped = (ends: Ends): Ends => (ends[0] >= I32[0] && ends[1] <= I32[1] ? ends : UNKNOWN);

function corners(a: Range, b: Range, f: (x: number, y: number) => number): Ends {
  const values = [f(a.low, b.low), f(a.low, b.high), f(a.high, b.low), f(a.high, b.high)];
  return [Math.min(...values), Math.max(...values)];
}

/** Wider by what rounding to f32 may add, and by what canon makes +0; beyond the largest f32 is Inf. */
function rounded([low, high]: Ends): Ends {
  const [least, most] = [low - Math.abs(low) * 2 ** -23, high + Math.abs(high) * 2 ** -23];
  return [least < -MOST ? Number.NEGATIVE_INFINITY : least > 0 && least < TINY ? 0 : least, most > MOST ? Number.POSITIVE_INFINITY : most < 0 && most > -TINY ? 0 : most];
}

/** Of canonical bits, so tiny ones are 0. */
function floatOf(bits: number): number {
  const value = new Float32Array(Uint32Array.of(bits).buffer)[0] as number;
  return value < TINY ? 0 : value;
}
