/**
 * Random valid Programs with inputs, for conformance: every reduction, index form and body line comes up within a few dozen seeds.
 * Every f32 tensor is also written out as u32 bits, so that Inf and NaN are compared too and never end the run (P6).
 */
import { withoutDeadGathers } from './deadReads.ts';
import type { Bits } from './executor.ts';
import {
  BODY_OPS,
  type BodyOp,
  type DType,
  type Index,
  type Instruction,
  type Operation,
  type Profile,
  type Program,
  type Read,
  type Reduce,
  type StateSlot,
  type TensorSpec,
} from './program.ts';
import { RandomWords } from './randomWords.ts';
import { SIGNATURES } from './typeBody.ts';

export interface RandomCase {
  readonly program: Program;
  /** For `Run.load`. */
  readonly state: readonly Bits[];
  /** For `Run.run`. */
  readonly steps: readonly (readonly Bits[])[];
}

/** Elements of the index tensor are under this, and only dimensions of at least this size are gathered from. */
const GATHER_RANGE = 4;
const OPERATIONS = 8;
const REDUCES: readonly Reduce[] = ['none', 'sum', 'max', 'argmax', 'mac'];
const DTYPES: readonly DType[] = ['f32', 'i32', 'u32'];
/** Tensor numbers that every random Program starts with. */
const INDICES = 0;
const STATE = 1;
const ENDS: readonly TensorSpec[] = [
  { name: 'indices', dtype: 'i32', shape: [24] },
  { name: 'weights', dtype: 'f32', shape: [5, 7] },
  { name: 'counter', dtype: 'u32', shape: [] },
  { name: 'step', dtype: 'u32', shape: [] },
  { name: 'ordinary', dtype: 'f32', shape: [6, 4, 5] },
  { name: 'edges', dtype: 'f32', shape: [40] },
  { name: 'integers', dtype: 'i32', shape: [4, 9] },
  { name: 'words', dtype: 'u32', shape: [30] },
];

/** The same seed gives the same case everywhere. `seed` is an u32. */
export function randomProgram(seed: number, steps = 2, profile: Profile = 'f12'): RandomCase {
  const random = new RandomWords(seed);
  const tensors = [...ENDS];
  const operations: Operation[] = [];
  for (let k = 0; k < OPERATIONS; k++) {
    const must = [0, 1, 2].map((j) => BODY_OPS[(seed * 3 * OPERATIONS + 3 * k + j) % BODY_OPS.length] as BodyOp);
    const { operation, dtype } = randomOperation(random, tensors, must, REDUCES[(seed + k) % REDUCES.length] as Reduce, k);
    tensors.push({ name: operation.label, dtype, shape: operation.shape });
    operations.push(operation);
  }
  const outputs = operations.map((operation) => exposed(operation.out, tensors, operations));
  const state = nextState(tensors, operations);
  const inputs = [INDICES, 3, 4, 5, 6, 7].map((tensor) => ({ tensor, source: { kind: 'argument' as const, name: (tensors[tensor] as TensorSpec).name } }));
  const program: Program = { profile, tensors, inputs, state, outputs: outputs.map((tensor) => ({ tensor, name: (tensors[tensor] as TensorSpec).name })), operations };
  return {
    program,
    state: [random.floats(35, 0), Uint32Array.of(random.word())],
    steps: Array.from({ length: steps }, (_, step) => [
      Uint32Array.from({ length: 24 }, () => random.below(GATHER_RANGE)),
      Uint32Array.of(step),
      random.floats(120, 0),
      random.floats(40, 3),
      random.integers(36),
      random.integers(30),
    ]),
  };
}

function randomOperation(random: RandomWords, tensors: readonly TensorSpec[], must: readonly BodyOp[], reduce: Reduce, k: number): { operation: Operation; dtype: DType } {
  const shape = random.shape(random.below(4), reduce === 'none' ? 7 : 4);
  const extents = reduce === 'none' ? [] : randomExtents(random);
  const axes = [...shape, ...extents];
  const reads: Read[] = [];
  if (random.below(3) === 0) reads.push(randomRead(random, tensors, axes, INDICES, null));
  for (let count = 2 + random.below(3); count > 0; count--) {
    reads.push(randomRead(random, tensors, axes, random.below(tensors.length), reads[0]?.tensor === INDICES ? 0 : null));
  }
  const { body, types } = randomBody(random, tensors, reads, axes.length, must);
  const wanted = reduce === 'mac' || reduce === 'sum' ? 'f32' : random.pick(DTYPES);
  const results = reduce === 'mac' ? [lineOf(random, body, types, wanted), lineOf(random, body, types, wanted)] : [lineOf(random, body, types, wanted)];
  const operation = { label: `operation_${k}`, out: tensors.length, shape, reduce, extents, reads, body, results };
  return { operation: withoutDeadGathers(operation), dtype: reduce === 'argmax' ? 'i32' : wanted };
}

/** Now and then over one block of a sum (32), of a mac (64), and over two levels of a sum (1024). */
function randomExtents(random: RandomWords): number[] {
  const kind = random.below(6);
  if (kind === 0) return [random.pick([31, 32, 33, 63, 64, 65, 130])];
  if (kind === 1) return [random.pick([5, 9]), random.pick([13, 29])];
  if (kind === 2) return [random.pick([1024, 1025, 1100])];
  return random.shape(1 + random.below(2), 5);
}

function randomRead(random: RandomWords, tensors: readonly TensorSpec[], axes: readonly number[], tensor: number, indexRead: number | null): Read {
  const { shape, dtype } = tensors[tensor] as TensorSpec;
  const view = randomView(random, shape);
  const index = view.map((size): Index => {
    if (indexRead !== null && size >= GATHER_RANGE && random.below(2) === 0) return { gather: indexRead };
    return randomAffine(random, axes, size);
  });
  const fill = tensor === INDICES ? 0 : dtype === 'f32' ? random.pick([0, 0x3fc00000, 0xff800000]) : random.pick([0, 7, 0xffffffff]);
  return { tensor, view, index, fill };
}

function randomView(random: RandomWords, shape: readonly number[]): number[] {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const kind = random.below(4);
  if (kind === 0) return [count];
  if (kind === 1) return [1, ...shape].slice(0, 8);
  const part = random.pick([2, 3, 4, 5]);
  if (kind === 2 && count % part === 0) return [part, count / part];
  return [...shape];
}

function randomAffine(random: RandomWords, axes: readonly number[], size: number): Index {
  const div = random.pick([1, 1, 1, 2, 3]);
  const exact = div > 1 && random.below(2) === 0;
  if (axes.length === 0) return { terms: [], offset: random.below(size * div), div, exact };
  const terms = Array.from({ length: random.pick([0, 1, 1, 1, 2]) }, (): [number, number] => [random.below(axes.length), random.pick([-2, -1, 1, 1, 1, 2, 3])]);
  const backward = terms.some(([, coefficient]) => coefficient < 0);
  return { terms, offset: (backward ? size * div - 1 : 0) + random.pick([0, 0, 0, -1, -2, 1]), div, exact };
}

function randomBody(random: RandomWords, tensors: readonly TensorSpec[], reads: readonly Read[], axes: number, must: readonly BodyOp[]) {
  const body: Instruction[] = reads.map((_, read) => ({ op: 'read', read }));
  const types: DType[] = reads.map((read) => (tensors[read.tensor] as TensorSpec).dtype);
  const ops = [...must, ...Array.from({ length: 3 + random.below(6) }, () => random.pick(BODY_OPS))];
  if (axes > 0) {
    body.push({ op: 'axis', axis: random.below(axes) });
    types.push('i32');
  }
  for (const op of ops) {
    const signature = SIGNATURES[op];
    const free = op === 'select' ? random.pick(DTYPES) : random.pick(['i32', 'u32'] as const);
    const concrete = (type: DType | 'word' | 'any') => (type === 'word' || type === 'any' ? free : type);
    const args = signature.args.map((type) => lineOf(random, body, types, concrete(type)));
    body.push({ op, args });
    types.push(concrete(signature.result));
  }
  return { body, types };
}

/** A line of the type, late ones more often; a new constant where there is none. */
function lineOf(random: RandomWords, body: Instruction[], types: DType[], dtype: DType): number {
  const places = types.flatMap((type, at) => (type === dtype ? [at] : []));
  if (places.length > 0 && random.below(8) > 0) return random.below(2) ? (places[places.length - 1] as number) : random.pick(places);
  body.push({ op: 'const', dtype, bits: dtype === 'f32' ? (random.floats(1, 4)[0] as number) : (random.integers(1)[0] as number) });
  types.push(dtype);
  return body.length - 1;
}

const every = (shape: readonly number[]): Index[] => shape.map((_, axis) => ({ terms: [[axis, 1]], offset: 0, div: 1, exact: false }));

function map(label: string, from: number, out: number, tensors: readonly TensorSpec[], body: readonly Instruction[]): Operation {
  const { shape } = tensors[from] as TensorSpec;
  return {
    label,
    out,
    shape,
    reduce: 'none',
    extents: [],
    reads: [{ tensor: from, view: shape, index: every(shape), fill: 0 }],
    body: [{ op: 'read', read: 0 }, ...body],
    results: [body.length],
  };
}

/** The tensor itself, or where it is f32 a new one with its bits. */
function exposed(tensor: number, tensors: TensorSpec[], operations: Operation[]): number {
  const { dtype, shape, name } = tensors[tensor] as TensorSpec;
  if (dtype !== 'f32') return tensor;
  operations.push(map(`bits of ${name}`, tensor, tensors.length, tensors, [{ op: 'f2bits', args: [0] }]));
  tensors.push({ name: `bits of ${name}`, dtype: 'u32', shape });
  return tensors.length - 1;
}

/** weights' = 1.5 weights while that is under 1000, else the hyperbolic tangent; counter' = counter + 1. */
function nextState(tensors: TensorSpec[], operations: Operation[]): StateSlot[] {
  const constant = (value: 0x3fc00000 | 0x447a0000): Instruction => ({ op: 'const', dtype: 'f32', bits: value });
  const weights = tensors.length;
  operations.push(
    map('next weights', STATE, weights, tensors, [
      constant(0x3fc00000),
      { op: 'mul', args: [0, 1] },
      { op: 'abs', args: [2] },
      constant(0x447a0000),
      { op: 'flt', args: [3, 4] },
      { op: 'tanh', args: [0] },
      { op: 'select', args: [5, 2, 6] },
    ]),
  );
  tensors.push({ name: 'next weights', dtype: 'f32', shape: [5, 7] });
  operations.push(
    map('next counter', 2, weights + 1, tensors, [
      { op: 'const', dtype: 'u32', bits: 1 },
      { op: 'iadd', args: [0, 1] },
    ]),
  );
  tensors.push({ name: 'next counter', dtype: 'u32', shape: [] });
  return [
    { tensor: STATE, next: weights, role: 'trained', fill: 0 },
    { tensor: 2, next: weights + 1, role: 'local', fill: 0 },
  ];
}
