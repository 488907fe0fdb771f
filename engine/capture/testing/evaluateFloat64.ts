import type { Affine, BodyOp, Operation, Program } from '#engine/program/program.ts';

/** A Program in float64 with the platform's own functions: no law, only mathematics, for finite differences in tests. */
export type Float64State = readonly Float64Array[];

type Function64 = (a: number, b: number, c: number) => number;

const truth = (value: boolean): number => (value ? 1 : 0);

const FUNCTIONS: Partial<Record<BodyOp, Function64>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  sqrt: (a) => Math.sqrt(a),
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  neg: (a) => -a,
  abs: (a) => Math.abs(a),
  floor: (a) => Math.floor(a),
  exp: (a) => Math.exp(a),
  log: (a) => Math.log(a),
  log1p: (a) => Math.log1p(a),
  expm1: (a) => Math.expm1(a),
  tanh: (a) => Math.tanh(a),
  sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  softplus: (a) => Math.log1p(Math.exp(a)),
  rsqrt: (a) => 1 / Math.sqrt(a),
  pow: (a, b) => a ** b,
  feq: (a, b) => truth(a === b),
  flt: (a, b) => truth(a < b),
  fle: (a, b) => truth(a <= b),
  iadd: (a, b) => (a + b) | 0,
  isub: (a, b) => (a - b) | 0,
  imul: Math.imul,
  iand: (a, b) => a & b,
  ior: (a, b) => a | b,
  ixor: (a, b) => a ^ b,
  ieq: (a, b) => truth((a | 0) === (b | 0)),
  ilt: (a, b) => truth((a | 0) < (b | 0)),
  ile: (a, b) => truth((a | 0) <= (b | 0)),
  select: (a, b, c) => (a !== 0 ? b : c),
  i2f: (a) => a,
  f2i: (a) => Math.trunc(a),
};

const word = new Uint32Array(1);
const single = new Float32Array(word.buffer);
function numberOf(bits: number, dtype: string): number {
  word[0] = bits;
  return dtype === 'f32' ? (single[0] ?? 0) : bits | 0;
}

function coordinate(index: Affine, at: readonly number[]): number {
  const numerator = index.terms.reduce((sum, [axis, coefficient]) => sum + coefficient * (at[axis] ?? 0), index.offset);
  return index.exact && numerator % index.div !== 0 ? -1 : Math.floor(numerator / index.div);
}

function evaluateAt(program: Program, operation: Operation, tensors: readonly Float64Array[], at: readonly number[]): number[] {
  const read: number[] = [];
  for (const { tensor, view, index, fill } of operation.reads) {
    let flat = 0;
    let isInside = true;
    index.forEach((entry, dim) => {
      const place = 'gather' in entry ? (read[entry.gather] ?? 0) : coordinate(entry, at);
      isInside &&= place >= 0 && place < (view[dim] ?? 1);
      flat = flat * (view[dim] ?? 1) + place;
    });
    read.push(isInside ? (tensors[tensor]?.[flat] ?? Number.NaN) : numberOf(fill, program.tensors[tensor]?.dtype ?? 'f32'));
  }
  const lines: number[] = [];
  for (const line of operation.body) {
    if (line.op === 'const') lines.push(numberOf(line.bits, line.dtype));
    else if (line.op === 'read') lines.push(read[line.read] ?? 0);
    else if (line.op === 'axis') lines.push(at[line.axis] ?? 0);
    else {
      const compute = FUNCTIONS[line.op];
      if (!compute) throw new Error(`no float64 form of ${line.op}`);
      const [a = 0, b = 0, c = 0] = line.args.map((arg) => lines[arg] ?? 0);
      lines.push(compute(a, b, c));
    }
  }
  return operation.results.map((line) => lines[line] ?? 0);
}

function* points(extents: readonly number[]): Generator<number[]> {
  const total = extents.reduce((product, extent) => product * extent, 1);
  const at = extents.map(() => 0);
  for (let k = 0; k < total; k++) {
    yield at;
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      at[axis] = (at[axis] ?? 0) + 1;
      if ((at[axis] ?? 0) < (extents[axis] ?? 1)) break;
      at[axis] = 0;
    }
  }
}

function reducePoint(program: Program, operation: Operation, tensors: readonly Float64Array[], i: readonly number[]): number {
  if (operation.reduce === 'none') return evaluateAt(program, operation, tensors, i)[0] ?? 0;
  let sum = 0;
  let most = Number.NEGATIVE_INFINITY;
  let position = 0;
  let flat = 0;
  for (const r of points(operation.extents)) {
    const [a = 0, b = 0] = evaluateAt(program, operation, tensors, [...i, ...r]);
    sum += operation.reduce === 'mac' ? a * b : a;
    if (a > most) [most, position] = [a, flat];
    flat++;
  }
  return operation.reduce === 'max' ? most : operation.reduce === 'argmax' ? position : sum;
}

/** The first output (the loss) of one step, stopping as soon as it is known. */
export function lossInFloat64(program: Program, inputs: Float64State, state: Float64State): number {
  const tensors: Float64Array[] = [];
  program.inputs.forEach(({ tensor }, k) => {
    tensors[tensor] = inputs[k] ?? new Float64Array(0);
  });
  program.state.forEach(({ tensor }, k) => {
    tensors[tensor] = state[k] ?? new Float64Array(0);
  });
  const loss = program.outputs[0]?.tensor;
  for (const operation of program.operations) {
    const size = operation.shape.reduce((product, extent) => product * extent, 1);
    const out = new Float64Array(size);
    let k = 0;
    for (const i of points(operation.shape)) out[k++] = reducePoint(program, operation, tensors, i);
    tensors[operation.out] = out;
    if (operation.out === loss) return out[0] ?? 0;
  }
  throw new Error('the Program has no loss');
}
