import type { DType, Index, Instruction, Reduce } from '#engine/program/program.ts';

/**
 * What capture builds while tfjs runs: one node a tensor that would have to exist. Reshapes make no node,
 * only another `Value` of the same node. Fusing rewrites loops; `emitProgram` turns what is left into Operations.
 */
export interface Node {
  /** Order of recording; the only order that the emitted Program has. */
  readonly id: number;
  readonly dtype: DType;
  /** Element count. */
  readonly size: number;
  source: Source;
}

export type Source = Leaf | Uniform | Loop;

/** A tensor that exists before the step: an input column, the seed, a variable. */
export interface Leaf {
  readonly kind: 'leaf';
  readonly name: string;
  readonly shape: readonly number[];
}

/** Every element has the same bits. */
export interface Uniform {
  readonly kind: 'uniform';
  readonly bits: number;
}

export interface LoopRead {
  readonly node: Node;
  readonly view: readonly number[];
  readonly index: readonly Index[];
  readonly fill: number;
}

/** A loop nest, as Operation is, over nodes. */
export interface Loop {
  readonly kind: 'loop';
  readonly label: Label;
  readonly shape: readonly number[];
  readonly extents: readonly number[];
  readonly reduce: Reduce;
  readonly reads: readonly LoopRead[];
  readonly body: readonly Instruction[];
  readonly results: readonly number[];
}

/** Where an operation came from: `conv2d_1` / `gradient of the kernel` / `matrix product`. */
export interface Label {
  /** Layer, or `step` outside of any, or `optimizer`. */
  readonly scope: string;
  /** `''` in the forward pass, else `gradient of the kernel`, `update of dense_1/kernel`. */
  readonly part: string;
  /** What the operation does, in words. */
  readonly what: string;
}

export type TfDtype = 'float32' | 'int32' | 'bool';

/** What a tfjs tensor is while recording: a node seen in a shape. */
export interface Value {
  readonly node: Node;
  readonly shape: readonly number[];
  readonly dtype: TfDtype;
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** tfjs booleans are i32 0 or 1 in Programs. */
export function programDtype(dtype: string): DType {
  if (dtype === 'float32') return 'f32';
  if (dtype === 'int32' || dtype === 'bool') return 'i32';
  throw new Error(`tensors of dtype ${dtype} have no place in a Program: use float32, int32 or bool`);
}
