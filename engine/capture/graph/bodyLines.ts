import type { BodyOp, DType, Instruction } from '#engine/program/program.ts';
import { bitsOf, numberOf, ONE_BITS } from './canonical.ts';

const COMMUTATIVE = new Set<BodyOp>(['add', 'mul', 'iadd', 'imul', 'iand', 'ior', 'ixor', 'feq', 'ieq']);

const INTEGER_TESTS = new Set<BodyOp>(['ieq', 'ilt', 'ile']);

const FLOAT_FOLDS: Partial<Record<BodyOp, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  sqrt: (a) => Math.sqrt(a),
  neg: (a) => -a,
  abs: (a) => Math.abs(a),
  floor: (a) => Math.floor(a),
};

const INTEGER_FOLDS: Partial<Record<BodyOp, (a: number, b: number) => number>> = {
  iadd: (a, b) => a + b,
  isub: (a, b) => a - b,
  imul: (a, b) => Math.imul(a, b),
  ieq: (a, b) => (a === b ? 1 : 0),
  ilt: (a, b) => ((a | 0) < (b | 0) ? 1 : 0),
  ile: (a, b) => ((a | 0) <= (b | 0) ? 1 : 0),
  iand: (a, b) => a & b,
  ior: (a, b) => a | b,
  ixor: (a, b) => a ^ b,
};

/**
 * The lines of a body: equal lines are written once, and what is known is computed now, but only where the
 * result has the same bits as the law's (N2): one correctly rounded operation, or an identity such as x + 0.
 */
export class BodyLines {
  readonly list: Instruction[] = [];
  private readonly seen = new Map<string, number>();

  private push(instruction: Instruction): number {
    const key = JSON.stringify(instruction);
    const known = this.seen.get(key);
    if (known !== undefined) return known;
    const line = this.list.push(instruction) - 1;
    this.seen.set(key, line);
    return line;
  }

  constant(dtype: DType, bits: number): number {
    return this.push({ op: 'const', dtype, bits: bits >>> 0 });
  }
  float(value: number): number {
    return this.constant('f32', bitsOf(value));
  }
  read(read: number): number {
    return this.push({ op: 'read', read });
  }
  axis(axis: number): number {
    return this.push({ op: 'axis', axis });
  }

  op(op: BodyOp, args: readonly number[]): number {
    const folded = this.fold(op, args) ?? this.identity(op, args);
    if (folded !== null) return folded;
    const [a = 0, b = 0] = args;
    const sorted = COMMUTATIVE.has(op) && a > b ? [b, a] : args;
    return this.push({ op, args: sorted });
  }

  private bits(line: number | undefined): number | null {
    const instruction = line === undefined ? undefined : this.list[line];
    return instruction?.op === 'const' ? instruction.bits : null;
  }

  private constantDtype(line: number | undefined): DType {
    const instruction = line === undefined ? undefined : this.list[line];
    return instruction?.op === 'const' ? instruction.dtype : 'i32';
  }

  private fold(op: BodyOp, args: readonly number[]): number | null {
    const known = args.map((line) => this.bits(line));
    if (op === 'select' && known[0] !== null && known[0] !== undefined) return (known[0] !== 0 ? args[1] : args[2]) ?? null;
    if (known.some((bits) => bits === null)) return null;
    const [a = 0, b = 0] = known as number[];
    const float = FLOAT_FOLDS[op];
    if (float) return this.float(float(numberOf(a), numberOf(b)));
    const integer = INTEGER_FOLDS[op];
    if (integer) return this.constant(INTEGER_TESTS.has(op) ? 'i32' : this.constantDtype(args[0]), integer(a, b) >>> 0);
    if (op === 'i2f') return this.float(a | 0);
    if (op === 'feq') return this.constant('i32', numberOf(a) === numberOf(b) ? 1 : 0);
    if (op === 'flt') return this.constant('i32', numberOf(a) < numberOf(b) ? 1 : 0);
    if (op === 'fle') return this.constant('i32', numberOf(a) <= numberOf(b) ? 1 : 0);
    return null;
  }

  private identity(op: BodyOp, args: readonly number[]): number | null {
    const [a, b, c] = args;
    if (a === undefined) return null;
    const left = this.bits(a);
    const right = this.bits(b);
    if (op === 'add') return left === 0 && b !== undefined ? b : right === 0 ? a : null;
    if (op === 'iadd') return left === 0 && b !== undefined ? b : right === 0 ? a : null;
    if (op === 'sub' || op === 'isub') return right === 0 ? a : null;
    if (op === 'mul') return left === ONE_BITS && b !== undefined ? b : right === ONE_BITS ? a : null;
    if (op === 'imul') return left === 1 && b !== undefined ? b : right === 1 ? a : null;
    if (op === 'div' && right !== null) return this.divideByConstant(a, right);
    if (op === 'select' && b !== undefined && b === c) return b;
    return null;
  }

  /** Dividing by a power of two is multiplying by its inverse, to the bit. */
  private divideByConstant(a: number, bits: number): number | null {
    if (bits === ONE_BITS) return a;
    const exponent = (bits >>> 23) & 0xff;
    const isPowerOfTwo = (bits & 0x7fffff) === 0 && exponent > 2 && exponent < 252;
    return isPowerOfTwo ? this.op('mul', [a, this.float(1 / numberOf(bits))]) : null;
  }
}
