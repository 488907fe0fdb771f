/** WGSL of a body: one `let` a line, all values as u32 words. */
import { expandBody } from '#engine/numerics/expandBody.ts';
import type { BodyOp, Instruction, Operation } from '#engine/program/program.ts';
import { axisName } from './emitRead.ts';

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

export const EMIT: Readonly<Partial<Record<BodyOp, Emit>>> = {
  add: call('f_add'),
  sub: call('f_sub'),
  mul: call('f_mul'),
  div: call('f_div'),
  min: call('f_min'),
  max: call('f_max'),
  sqrt: call('f_sqrt'),
  neg: call('f_neg'),
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
  shl: (a, b) => `(${a} << (${b} & 31u))`,
  ushr: (a, b) => `(${a} >> (${b} & 31u))`,
  sshr: (a, b) => `bitcast<u32>(bitcast<i32>(${a}) >> (${b} & 31u))`,
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

/** Reads are named `<reads><number>`; returns the lines and the names of the results. */
export function emitBody(operation: Operation, reads: string, lines: string): { code: string; results: string[] } {
  const { body, results } = expandBody(operation.body, operation.results);
  const code: string[] = [];
  const names: string[] = [];
  body.forEach((line, at) => {
    if (line.op === 'read') {
      names.push(`${reads}${line.read}`);
      return;
    }
    // A constant becomes a `let` too: as a const-expression WGSL would refuse integer wrap-around.
    code.push(`let ${lines}${at} = ${emitLine(line, (arg) => names[arg] ?? '')};\n`);
    names.push(`${lines}${at}`);
  });
  return { code: code.join(''), results: results.map((result) => names[result] ?? '') };
}

function emitLine(line: Exclude<Instruction, { op: 'read' }>, nameOf: (line: number) => string): string {
  if (line.op === 'const') return `${line.bits}u`;
  if (line.op === 'axis') return `bitcast<u32>(${axisName(line.axis)})`;
  const emit = EMIT[line.op];
  if (!emit) throw new Error(`${line.op} is not a primitive instruction`);
  const [a = '', b = '', c = ''] = line.args.map(nameOf);
  return emit(a, b, c);
}
