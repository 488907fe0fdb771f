/**
 * The self-test of one job: the very pipelines that will train it run one step with its own state and data, and some
 * elements of every result are computed again by the law, from what the device itself had as operands.
 */
import { rowMajorStrides } from '#engine/numerics/readChunk.ts';
import { RegisterPool } from '#engine/numerics/registerPool.ts';
import { planOperation } from '#engine/numerics/runOperation.ts';
import type { Bits } from '#engine/program/executor.ts';
import type { Index, Instruction, Operation, Program } from '#engine/program/program.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import { typeBody } from '#engine/program/typeBody.ts';

/** What one pipeline (shader) gave. Kernels that only lay operands out are judged by the results made of them. */
export interface PipelineVerdict {
  /** Of the first operation that it computes. */
  readonly label: string;
  /** Dispatches of a step that use it. */
  readonly kernels: number;
  readonly values: number;
  readonly different: number;
  /** In words: where the first difference is. */
  readonly first: string | null;
  /** Products are added up in the guarded way (macFormat.ts). */
  readonly guarded: boolean;
}

/** A kernel that gives results of operations, in order; `results` has those that it stores, by tensor. */
export interface TracedKernel {
  readonly shader: string;
  /** It, or a kernel that only prepared for it. */
  readonly guarded: boolean;
  readonly operations: readonly number[];
  readonly results: ReadonlyMap<number, Bits>;
}

/** Elements of each result: the first, the last, and some between. */
const SAMPLES = 6;
const NOTHING = new Uint32Array(0);

const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);

export class ProgramCheck {
  private readonly program: Program;
  private readonly tensors: Bits[];
  private readonly random = new RandomWords(0x7e57);
  private readonly pool = new RegisterPool();
  /** Operations that still read a tensor: then its bits are let go. */
  private readonly readersLeft = new Map<number, number>();
  private readonly byShader = new Map<string, { -readonly [K in keyof PipelineVerdict]: PipelineVerdict[K] }>();

  /** `known`: bits of state and inputs by tensor, canonical. */
  constructor(program: Program, known: ReadonlyMap<number, Bits>) {
    this.program = program;
    this.tensors = program.tensors.map((_, tensor) => known.get(tensor) ?? NOTHING);
    for (const operation of program.operations) for (const tensor of readBy(operation)) this.readersLeft.set(tensor, (this.readersLeft.get(tensor) ?? 0) + 1);
  }

  get verdicts(): PipelineVerdict[] {
    return [...this.byShader.values()];
  }

  /** The next kernel of the step, in order. */
  judge({ shader, guarded, operations, results }: TracedKernel): void {
    const first = this.program.operations[operations[0] as number] as Operation;
    const verdict = this.byShader.get(shader) ?? { label: first.label, kernels: 0, values: 0, different: 0, first: null, guarded: false };
    this.byShader.set(shader, verdict);
    verdict.kernels++;
    verdict.guarded ||= guarded;
    // Maps in one kernel have one number of elements, and read each other only at the same one.
    const count = product(first.shape);
    const samples = [...new Set([0, count - 1, ...Array.from({ length: SAMPLES - 2 }, () => this.random.below(count))])];
    for (const number of operations) {
      const operation = this.program.operations[number] as Operation;
      const found = results.get(operation.out);
      const values = samples.map((element) => this.valueAt(operation, element));
      if (!found) {
        const sparse = new Uint32Array(count);
        samples.forEach((element, k) => (sparse[element] = values[k] ?? 0));
        this.tensors[operation.out] = sparse;
        continue;
      }
      samples.forEach((element, k) => {
        const value = values[k];
        if (value === undefined) return;
        verdict.values++;
        if (value === found[element]) return;
        verdict.different++;
        verdict.first ??= `${operation.label} [${element}]: ${hex(value)} by the law, ${hex(found[element])} here`;
      });
      this.tensors[operation.out] = found;
    }
    for (const number of operations) {
      for (const tensor of readBy(this.program.operations[number] as Operation)) {
        const left = (this.readersLeft.get(tensor) ?? 0) - 1;
        this.readersLeft.set(tensor, left);
        if (left === 0) this.tensors[tensor] = NOTHING;
      }
    }
  }

  /** By the reference; undefined where an index is out of range, which the run itself reports. */
  private valueAt(operation: Operation, element: number): number | undefined {
    const { program, tensors, pool } = this;
    const point = atPoint(operation, element);
    const types = typeBody(
      point.body,
      point.reads.map((read) => program.tensors[read.tensor]?.dtype ?? 'f32'),
      point.extents.length,
    );
    const result = new Uint32Array(1);
    const given = [...tensors];
    given[operation.out] = result;
    return planOperation(point, types[point.results[0] as number] ?? 'f32', program.profile, pool)(given) ? result[0] : undefined;
  }
}

const readBy = ({ reads }: Operation) => new Set(reads.map((read) => read.tensor));

const hex = (word: number | undefined) => (word ?? 0).toString(16).padStart(8, '0');

/** The operation for one output element alone: its output axes become numbers. */
function atPoint(operation: Operation, element: number): Operation {
  const rank = operation.shape.length;
  const strides = rowMajorStrides(operation.shape);
  const place = operation.shape.map((extent, axis) => Math.floor(element / (strides[axis] as number)) % extent);
  const moved = (index: Index): Index => {
    if ('gather' in index) return index;
    const fixed = index.terms.reduce((sum, [axis, coefficient]) => sum + (axis < rank ? coefficient * (place[axis] as number) : 0), 0);
    return { ...index, offset: index.offset + fixed, terms: index.terms.filter(([axis]) => axis >= rank).map(([axis, coefficient]) => [axis - rank, coefficient] as const) };
  };
  const line = (one: Instruction): Instruction => {
    if (one.op !== 'axis') return one;
    return one.axis < rank ? { op: 'const', dtype: 'i32', bits: place[one.axis] as number } : { op: 'axis', axis: one.axis - rank };
  };
  return { ...operation, shape: [], reads: operation.reads.map((read) => ({ ...read, index: read.index.map(moved) })), body: operation.body.map(line) };
}
