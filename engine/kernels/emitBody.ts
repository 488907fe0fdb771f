/** WGSL of a body: one `let` a line, all values as u32 words. */
import { expandBody } from '#engine/numerics/expandBody.ts';
import type { BodyOp, Instruction, Operation } from '#engine/program/program.ts';
import { axisName } from './emitRead.ts';
import { areOrdinary, isNormalWord, type Range, rangesOf } from './rangesOf.ts';

type Emit = (a: string, b: string, c: string) => string;
const call =
  (name: string): Emit =>
  (a, b) =>
    b ? `${name}(${a}, ${b})` : `${name}(${a})`;
const infix =
  (operator: string): Emit =>
  (a, b) =>
    `(${a} ${operator} ${b})`;
const test =
  (operator: string): Emit =>
  (a, b) =>
    `select(0u, 1u, ${a} ${operator} ${b})`;

const EMIT: Readonly<Partial<Record<BodyOp, Emit>>> = {
  add: call('f_add'),
  sub: call('f_sub'),
  mul: call('f_mul'),
  div: call('f_div'),
  sqrt: call('f_sqrt'),
  abs: call('f_abs'),
  floor: call('f_floor'),
  round: call('f_round'),
  feq: call('f_feq'),
  flt: call('f_flt'),
  fle: call('f_fle'),
  iadd: infix('+'),
  isub: infix('-'),
  imul: infix('*'),
  umulhi: call('u_mulhi'),
  iand: infix('&'),
  ior: infix('|'),
  ixor: infix('^'),
  shl: infix('<<'),
  ushr: infix('>>'),
  sshr: (a, b) => `bitcast<u32>(bitcast<i32>(${a}) >> ${b})`,
  ieq: test('=='),
  ilt: call('s_lt'),
  ile: call('s_le'),
  ult: test('<'),
  ule: test('<='),
  select: (condition, a, b) => `select(${b}, ${a}, ${condition} != 0u)`,
  i2f: call('f_i2f'),
  u2f: call('f_u2f'),
  f2i: call('f_f2i'),
  f2u: call('f_f2u'),
  bits2f: call('canon'),
  f2bits: (a) => a,
  i2u: (a) => a,
  u2i: (a) => a,
};

/** Lines that have a plainer form where no operand can be Inf and NaN is looked at elsewhere; min, max and neg have no other. */
const PLAIN: Readonly<Partial<Record<BodyOp, Emit>>> = {
  add: call('add_finite'),
  sub: (a, b) => `add_finite(${a}, ${b} ^ SIGN)`,
  mul: call('mul_finite'),
  div: call('div_finite'),
  min: call('min_number'),
  max: call('max_number'),
  neg: call('neg_number'),
  bits2f: (a) => a,
};
/** Their second argument is written with its 5 bits only. */
const SHIFTS = new Set<BodyOp>(['shl', 'ushr', 'sshr']);
/** Lines that take any word for a NaN, if their own is not looked at then either. */
const BLIND = new Set<BodyOp>(['abs', 'floor', 'round']);

/** Reads are named `<reads><number>`; returns the lines and the names of the results. */
export function emitBody(operation: Operation, reads: string, lines: string): { code: string; results: string[] } {
  const { body, results } = expandBody(operation.body, operation.results);
  return new BodyWriter(body, reads, lines).write(results);
}

class BodyWriter {
  private readonly body: readonly Instruction[];
  private readonly ranges: readonly Range[];
  private readonly reads: string;
  private readonly lines: string;
  private readonly code: string[] = [];
  private readonly names: string[] = [];
  /** Lines whose word is right except where it should be NaN. */
  private readonly blind = new Set<number>();
  /** Names of their words with NaN put in. */
  private readonly seen = new Map<number, string>();

  constructor(body: readonly Instruction[], reads: string, lines: string) {
    this.body = body;
    this.ranges = rangesOf(body);
    this.reads = reads;
    this.lines = lines;
  }

  write(results: readonly number[]): { code: string; results: string[] } {
    this.body.forEach((line, at) => {
      if (line.op === 'read') {
        this.names.push(`${this.reads}${line.read}`);
        return;
      }
      const value = this.valueOf(line, at);
      // A constant becomes a `let` too: as a const-expression WGSL would refuse integer wrap-around.
      this.code.push(`let ${this.lines}${at} = ${value};\n`);
      this.names.push(`${this.lines}${at}`);
    });
    const names = results.map((result) => this.rightWord(result));
    return { code: this.code.join(''), results: names };
  }

  private valueOf(line: Exclude<Instruction, { op: 'read' }>, at: number): string {
    if (line.op === 'const') return `${line.bits}u`;
    if (line.op === 'axis') return `bitcast<u32>(${axisName(line.axis)})`;
    const plain = this.isPlain(line.op, line.args) ? PLAIN[line.op] : undefined;
    const emit = plain ?? EMIT[line.op];
    if (!emit) throw new Error(`${line.op} is not a primitive instruction`);
    const staysBlind = plain !== undefined || (BLIND.has(line.op) && line.args.some((arg) => this.blind.has(arg)));
    if (staysBlind && (this.ranges[at]?.nan.size ?? 0) > 0) this.blind.add(at);
    if (SHIFTS.has(line.op)) return emit(this.rightWord(line.args[0] as number), this.shiftBy(line.args[1] as number), '');
    const [a = '', b = '', c = ''] = line.args.map((arg) => (staysBlind ? (this.names[arg] ?? '') : this.rightWord(arg)));
    return emit(a, b, c);
  }

  /** A literal where it can be one: few processors shift each lane by its own count. */
  private shiftBy(at: number): string {
    const line = this.body[at];
    return line?.op === 'const' ? `${line.bits & 31}u` : `(${this.rightWord(at)} & 31u)`;
  }

  private isPlain(op: BodyOp, args: readonly number[]): boolean {
    const ranges = args.map((arg) => this.ranges[arg] as Range);
    return op === 'bits2f' ? isNormalWord(ranges[0] as Range) : op in PLAIN && areOrdinary(op, ranges);
  }

  private rightWord(at: number): string {
    const name = this.names[at] ?? '';
    if (!this.blind.has(at)) return name;
    const kept = this.seen.get(at);
    if (kept !== undefined) return kept;
    const tests = [...(this.ranges[at] as Range).nan].map((origin) => `is_nan(${this.names[origin]})`);
    const right = `${name}n`;
    this.code.push(`let ${right} = select(${name}, NAN, ${tests.join(' | ')});\n`);
    this.seen.set(at, right);
    return right;
  }
}
