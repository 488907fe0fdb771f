import type { Tensor, Tf } from '#engine/capture/author/tfjs.ts';
import type { Bits } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import type { JaxStep } from './jaxStep.ts';

export interface Prepared {
  readonly program: Program;
  readonly state: readonly Bits[];
  /** Inputs of any step: new bits are uploaded for each. */
  readonly inputs: readonly Bits[];
  /** The same step by tfjs; the scalar says when the GPU is done. */
  readonly stock: (tf: Tf) => Tensor;
}

/** Something that is timed in each way. */
export interface Row {
  readonly name: string;
  /** A whole training step: what it costs besides time is measured too. */
  readonly isStep: boolean;
  /** The same step by jax-js. */
  readonly jax: JaxStep;
  readonly prepare: (tf: Tf) => Promise<Prepared>;
}

/** The same numbers each time, in [0, 1). */
export const noise = (count: number, seed: number) => Float32Array.from({ length: count }, (_, k) => (Math.imul(k + seed, 0x9e3779b1) >>> 8) / 2 ** 24);

/** Bits of each input of a step: columns by name, ones for seed and step. */
export function inputsOf(program: Program, columns: Readonly<Record<string, Float32Array | Int32Array>>): Bits[] {
  return program.inputs.map(({ source, tensor }) => {
    const size = (program.tensors[tensor]?.shape ?? []).reduce((all, extent) => all * extent, 1);
    const column = source.kind === 'column' ? columns[source.column] : undefined;
    return column ? new Uint32Array(column.slice().buffer) : new Uint32Array(size).fill(1);
  });
}
