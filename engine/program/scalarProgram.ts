/** Body operations on lists of values, each as one operation of a Program: so that any executor can be asked for scalars. */
import type { Bits } from './executor.ts';
import type { BodyOp, DType, Instruction, Operation, Program, TensorSpec } from './program.ts';
import { SIGNATURES } from './typeBody.ts';

export interface ScalarColumn {
  readonly op: BodyOp;
  /** Argument values of each case, as bit patterns: [case][argument]. At least one case. */
  readonly rows: readonly (readonly number[])[];
}

const dtypeOf = (type: DType | 'word' | 'any'): DType => (type === 'word' || type === 'any' ? 'u32' : type);

/** Output k, u32 [cases], has the result bits of column k. `inputs` are the Program's, for one step. */
export function scalarProgram(columns: readonly ScalarColumn[]): { program: Program; inputs: Bits[] } {
  const tensors: TensorSpec[] = [];
  const inputs: { tensor: number; bits: Bits }[] = [];
  const operations = columns.map(({ op, rows }, column): Operation => {
    const { args, result } = SIGNATURES[op];
    const shape = [rows.length];
    const first = tensors.length;
    args.forEach((type, k) => {
      inputs.push({ tensor: tensors.length, bits: Uint32Array.from(rows, (row) => row[k] as number) });
      tensors.push({ name: `${column} ${op} ${k}`, dtype: dtypeOf(type), shape });
    });
    const reads = args.map((_, k) => ({ tensor: first + k, view: shape, index: [{ terms: [[0, 1] as const], offset: 0, div: 1, exact: false }], fill: 0 }));
    const body: Instruction[] = [...args.map((_, read) => ({ op: 'read' as const, read })), { op, args: args.map((_, k) => k) }];
    const dtype = dtypeOf(result);
    // As words: a NaN is a value to agree on here, not a divergence.
    if (dtype !== 'u32') body.push({ op: dtype === 'f32' ? 'f2bits' : 'i2u', args: [args.length] });
    const out = tensors.push({ name: `${column} ${op} result`, dtype: 'u32', shape }) - 1;
    return { label: op, out, shape, reduce: 'none', extents: [], reads, body, results: [body.length - 1] };
  });
  const program: Program = {
    profile: 'f12',
    tensors,
    inputs: inputs.map(({ tensor }) => ({ tensor, source: { kind: 'argument', name: tensors[tensor]?.name ?? '' } })),
    state: [],
    outputs: operations.map(({ out }) => ({ tensor: out, name: tensors[out]?.name ?? '' })),
    operations,
  };
  return { program, inputs: inputs.map(({ bits }) => bits) };
}
