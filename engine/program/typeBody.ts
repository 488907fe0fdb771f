/** Types of a body's lines (SPEC P3). */
import type { BodyOp, DType, Instruction } from './program.ts';
import { ProgramError } from './programError.ts';

/** `word` stands for i32 or u32, both arguments alike; `same` for the type of the branches. */
interface Signature {
  readonly args: readonly (DType | 'word' | 'any')[];
  readonly result: DType | 'word' | 'any';
}

const F1: Signature = { args: ['f32'], result: 'f32' };
const F2: Signature = { args: ['f32', 'f32'], result: 'f32' };
const FC: Signature = { args: ['f32', 'f32'], result: 'i32' };
const W2: Signature = { args: ['word', 'word'], result: 'word' };
const IC: Signature = { args: ['i32', 'i32'], result: 'i32' };
const UC: Signature = { args: ['u32', 'u32'], result: 'i32' };

export const SIGNATURES: Readonly<Record<BodyOp, Signature>> = {
  add: F2,
  sub: F2,
  mul: F2,
  div: F2,
  min: F2,
  max: F2,
  pow: F2,
  sqrt: F1,
  neg: F1,
  abs: F1,
  floor: F1,
  round: F1,
  exp: F1,
  log: F1,
  log1p: F1,
  expm1: F1,
  tanh: F1,
  sigmoid: F1,
  softplus: F1,
  erf: F1,
  sin: F1,
  cos: F1,
  rsqrt: F1,
  feq: FC,
  flt: FC,
  fle: FC,
  iadd: W2,
  isub: W2,
  imul: W2,
  iand: W2,
  ior: W2,
  ixor: W2,
  shl: W2,
  umulhi: { args: ['u32', 'u32'], result: 'u32' },
  ushr: { args: ['u32', 'u32'], result: 'u32' },
  sshr: { args: ['i32', 'i32'], result: 'i32' },
  ieq: { args: ['word', 'word'], result: 'i32' },
  ilt: IC,
  ile: IC,
  ult: UC,
  ule: UC,
  select: { args: ['i32', 'any', 'any'], result: 'any' },
  i2f: { args: ['i32'], result: 'f32' },
  u2f: { args: ['u32'], result: 'f32' },
  f2i: { args: ['f32'], result: 'i32' },
  f2u: { args: ['f32'], result: 'u32' },
  f2bits: { args: ['f32'], result: 'u32' },
  bits2f: { args: ['u32'], result: 'f32' },
  i2u: { args: ['i32'], result: 'u32' },
  u2i: { args: ['u32'], result: 'i32' },
};

/**
 * The type of each line. `readTypes[k]` is the dtype of read k; `axes` the number of iteration axes.
 * Errors: ProgramError naming the line.
 */
export function typeBody(body: readonly Instruction[], readTypes: readonly DType[], axes: number): DType[] {
  const types: DType[] = [];
  body.forEach((line, at) => {
    types.push(typeLine(line, at, types, readTypes, axes));
  });
  return types;
}

function typeLine(line: Instruction, at: number, types: readonly DType[], readTypes: readonly DType[], axes: number): DType {
  const fail = (why: string): never => {
    throw new ProgramError(`body line ${at} (${line.op}): ${why}`);
  };
  if (line.op === 'const') return line.dtype;
  if (line.op === 'axis') return line.axis >= 0 && line.axis < axes && Number.isInteger(line.axis) ? 'i32' : fail(`there is no axis ${line.axis}`);
  if (line.op === 'read') return readTypes[line.read] ?? fail(`there is no read ${line.read}`);
  const signature = SIGNATURES[line.op] ?? fail('there is no such instruction');
  if (line.args.length !== signature.args.length) fail(`takes ${signature.args.length} arguments, has ${line.args.length}`);
  let free: DType | null = null;
  signature.args.forEach((wanted, k) => {
    const given = types[line.args[k] as number] ?? fail(`argument ${k} does not name an earlier line`);
    if (wanted === 'word' || wanted === 'any') {
      if (wanted === 'word' && given === 'f32') fail(`argument ${k} must be an integer`);
      if (free !== null && free !== given) fail(`arguments are of types ${free} and ${given}`);
      free = given;
    } else if (wanted !== given) {
      fail(`argument ${k} is ${given}, must be ${wanted}`);
    }
  });
  if (signature.result === 'word' || signature.result === 'any') return free ?? fail('has no type');
  return signature.result;
}
