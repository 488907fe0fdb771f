/** A small Program that passes every body instruction once: what a device must get right whatever the job. */
import { BODY_OPS, type BodyOp, type DType, type Instruction, type Operation, type Program, type TensorSpec } from '#engine/program/program.ts';
import { SIGNATURES } from '#engine/program/typeBody.ts';
import type { Bits } from '#engine/program/executor.ts';

const POINTS = 512;
/** Zero, ones, ties, ends of the range, infinities, NaN; the rest is random. */
const EDGES = [
  0, 0x3f800000, 0xbf800000, 0x3f000000, 0xbfc00000, 0x7f800000, 0xff800000, 0x7fc00000, 0x01000000, 0x80800001, 0x7f7fffff, 0x4b7fffff, 0x34000001, 0x4f000000, 0xcf000000,
];

const plain = (type: string): DType => (type === 'word' ? 'u32' : type === 'any' ? 'f32' : (type as DType));

export function arithmeticProgram(): { program: Program; inputs: Bits[] } {
  const tensors: TensorSpec[] = (['f32', 'f32', 'u32', 'u32', 'i32', 'i32'] as const).map((dtype, k) => ({ name: `in${k}`, dtype, shape: [POINTS] }));
  const inputOf: Record<DType, readonly [number, number]> = { f32: [0, 1], u32: [2, 3], i32: [4, 5] };
  const operations = BODY_OPS.map((op): Operation => {
    const out = tensors.length;
    tensors.push({ name: op, dtype: 'u32', shape: [POINTS] });
    return oneInstruction(op, out, inputOf);
  });
  const program: Program = {
    profile: 'f12',
    tensors,
    inputs: tensors.slice(0, 6).map((tensor, k) => ({ tensor: k, source: { kind: 'argument', name: tensor.name } })),
    state: [],
    outputs: operations.map(({ out, label }) => ({ tensor: out, name: label })),
    operations,
  };
  return { program, inputs: tensors.slice(0, 6).map((tensor, k) => samples(tensor.dtype, k)) };
}

function oneInstruction(op: BodyOp, out: number, inputOf: Record<DType, readonly [number, number]>): Operation {
  const signature = SIGNATURES[op];
  const types = signature.args.map(plain);
  const reads = types.map((type, k) => ({
    tensor: inputOf[type][Math.min(k, 1)] as number,
    view: [POINTS],
    index: [{ terms: [[0, 1] as const], offset: 0, div: 1, exact: false }],
    fill: 0,
  }));
  const body: Instruction[] = [...reads.map((_, read) => ({ op: 'read' as const, read })), { op, args: types.map((_, k) => k) }];
  const result = plain(signature.result);
  // Results are compared as words: a NaN here is a value to agree on, not a divergence.
  if (result !== 'u32') body.push({ op: result === 'f32' ? 'f2bits' : 'i2u', args: [types.length] });
  return { label: op, out, shape: [POINTS], reduce: 'none', extents: [], reads, body, results: [body.length - 1] };
}

function samples(dtype: DType, place: number): Bits {
  let state = 0x9e3779b9 + place;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  return Uint32Array.from({ length: POINTS }, (_, k) => {
    if (k < EDGES.length ** 2) return EDGES[place % 2 === 0 ? k % EDGES.length : Math.floor(k / EDGES.length)] as number;
    // Mostly ordinary magnitudes, where rounding happens.
    return dtype === 'f32' && k % 4 !== 0 ? ((next() & 0x807fffff) | ((110 + (next() % 34)) << 23)) >>> 0 : next();
  });
}
