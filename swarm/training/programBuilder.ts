/** Writes the small Programs of the protocol itself (quantising, outer step). Jobs' Programs come from capture. */
import type { BodyOp, DType, Index, InputSource, Instruction, Operation, Program, Read, Reduce, StateRole } from '#engine/program/program.ts';
import { columnElements } from '#swarm/protocol/parseDatasetManifest.ts';

/** Lines of one operation's body; each method returns the line's number. */
export class BodyBuilder {
  readonly reads: Read[] = [];
  readonly lines: Instruction[] = [];

  #line(instruction: Instruction): number {
    return this.lines.push(instruction) - 1;
  }

  /** Reads `tensor` as `view`; a coordinate outside gives zero. */
  read(tensor: number, view: readonly number[], index: readonly Index[]): number {
    this.reads.push({ tensor, view, index, fill: 0 });
    return this.#line({ op: 'read', read: this.reads.length - 1 });
  }

  scalar(tensor: number): number {
    return this.read(tensor, [], []);
  }

  f32(value: number): number {
    const bits = new Uint32Array(Float32Array.of(value).buffer)[0] as number;
    return this.#line({ op: 'const', dtype: 'f32', bits });
  }

  i32(value: number): number {
    return this.#line({ op: 'const', dtype: 'i32', bits: value >>> 0 });
  }

  u32(value: number): number {
    return this.#line({ op: 'const', dtype: 'u32', bits: value >>> 0 });
  }

  op(op: BodyOp, ...args: readonly number[]): number {
    return this.#line({ op, args });
  }
}

/** coefficient * axis / div, floored. */
export function along(axis: number, coefficient = 1, div = 1): Index {
  return { terms: [[axis, coefficient]], offset: 0, div, exact: false };
}

/** A name that is unique by its number and within the limit, whatever the job's tensors are called. */
export function numberedName(number: number, name: string): string {
  return `${number} ${[...name].slice(0, 40).join('')}`;
}

export class ProgramBuilder {
  readonly #tensors: { name: string; dtype: DType; shape: readonly number[] }[] = [];
  readonly #inputs: Program['inputs'][number][] = [];
  readonly #state: Program['state'][number][] = [];
  readonly #outputs: Program['outputs'][number][] = [];
  readonly #operations: Operation[] = [];

  argument(name: string, dtype: DType, shape: readonly number[]): number {
    return this.input(name, dtype, shape, { kind: 'argument', name });
  }

  input(name: string, dtype: DType, shape: readonly number[], source: InputSource): number {
    const tensor = this.#tensor(name, dtype, shape);
    this.#inputs.push({ tensor, source });
    return tensor;
  }

  /** A state tensor; `advance` says later, in the order of `program.state`, what it becomes. */
  state(name: string, shape: readonly number[], dtype: DType = 'f32'): number {
    return this.#tensor(name, dtype, shape);
  }

  advance(tensor: number, next: number, role: StateRole, fill = 0): void {
    this.#state.push({ tensor, next, role, fill });
  }

  /** Adds an operation and returns the tensor that it writes. `body` returns the line that is the value (for mac the two factors). */
  operation(
    name: string,
    dtype: DType,
    shape: readonly number[],
    body: (lines: BodyBuilder) => number | readonly number[],
    reduction: { readonly reduce: Reduce; readonly extents: readonly number[] } = { reduce: 'none', extents: [] },
  ): number {
    const out = this.#tensor(name, dtype, shape);
    const lines = new BodyBuilder();
    const result = body(lines);
    this.#operations.push({ label: name, out, shape, ...reduction, reads: lines.reads, body: lines.lines, results: typeof result === 'number' ? [result] : result });
    return out;
  }

  output(tensor: number): void {
    this.#outputs.push({ tensor, name: this.#tensors[tensor]?.name ?? '' });
  }

  build(): Program {
    return { profile: 'f12', tensors: this.#tensors, inputs: this.#inputs, state: this.#state, outputs: this.#outputs, operations: this.#operations };
  }

  #tensor(name: string, dtype: DType, shape: readonly number[]): number {
    if (columnElements(shape) === 0) throw new RangeError(`${name}: a tensor without elements cannot be trained`);
    return this.#tensors.push({ name, dtype, shape }) - 1;
  }
}
