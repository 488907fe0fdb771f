/** `vectors/scalars.json` as one Program: each body operation on its golden cases, whose results are constants. */
import { readFileSync } from 'node:fs';
import type { Bits } from '#engine/program/executor.ts';
import { BODY_OPS, type BodyOp, type DType, type Instruction, type Operation, type Program, type TensorSpec } from '#engine/program/program.ts';
import { SIGNATURES } from '#engine/program/typeBody.ts';
import type { Case } from './compareCase.ts';

export interface VectorCase extends Case {
  /** By output: the body operation, and the bits that the vectors have. */
  readonly golden: readonly { readonly op: BodyOp; readonly bits: Bits }[];
}

const dtypeOf = (type: DType | 'word' | 'any'): DType => (type === 'word' || type === 'any' ? 'u32' : type);

export function vectorCase(): VectorCase {
  const vectors = JSON.parse(readFileSync(new URL('../../vectors/scalars.json', import.meta.url), 'utf8')) as Record<BodyOp, string[]>;
  const tensors: TensorSpec[] = [];
  const inputs: Bits[] = [];
  const operations: Operation[] = [];
  const golden = BODY_OPS.map((op) => {
    const rows = vectors[op].map((line) => line.split(' ').map((word) => Number.parseInt(word, 16)));
    const { args, result } = SIGNATURES[op];
    const first = tensors.length;
    args.forEach((type, k) => {
      tensors.push({ name: `${op} ${k}`, dtype: dtypeOf(type), shape: [rows.length] });
      inputs.push(Uint32Array.from(rows, (row) => row[k] as number));
    });
    const reads = args.map((_, k) => ({ tensor: first + k, view: [rows.length], index: [{ terms: [[0, 1] as const], offset: 0, div: 1, exact: false }], fill: 0 }));
    const body: Instruction[] = [...args.map((_, read) => ({ op: 'read' as const, read })), { op, args: args.map((_, k) => k) }];
    const dtype = dtypeOf(result);
    // As words: a NaN is a value to agree on here.
    if (dtype !== 'u32') body.push({ op: dtype === 'f32' ? 'f2bits' : 'i2u', args: [args.length] });
    operations.push({ label: op, out: first + args.length, shape: [rows.length], reduce: 'none', extents: [], reads, body, results: [body.length - 1] });
    tensors.push({ name: `${op} result`, dtype: 'u32', shape: [rows.length] });
    return { op, bits: Uint32Array.from(rows, (row) => row.at(-1) as number) };
  });
  const results = new Set(operations.map(({ out }) => out));
  const program: Program = {
    profile: 'f12',
    tensors,
    inputs: tensors.flatMap(({ name }, tensor) => (results.has(tensor) ? [] : [{ tensor, source: { kind: 'argument' as const, name } }])),
    state: [],
    outputs: operations.map(({ out, label }) => ({ tensor: out, name: label })),
    operations,
  };
  return { name: 'golden scalar vectors', program, state: [], steps: [inputs], golden };
}
