import type { BodyOp, DType, Index, Instruction, Reduce } from '#engine/program/program.ts';
import { isInside } from './affine.ts';
import { BodyLines } from './bodyLines.ts';
import type { LoopRead, Value } from './node.ts';
import { programDtype } from './node.ts';

export interface LoopParts {
  readonly shape: readonly number[];
  readonly extents: readonly number[];
  readonly reduce: Reduce;
  readonly reads: readonly LoopRead[];
  readonly body: readonly Instruction[];
  readonly results: readonly number[];
}

/** Writes one loop nest. Lines are numbers; reads of uniform values become constants. */
export class LoopBuilder {
  readonly lines = new BodyLines();
  private readonly reads: LoopRead[] = [];
  private readonly shape: readonly number[];
  private readonly extents: readonly number[];

  constructor(shape: readonly number[], extents: readonly number[] = []) {
    this.shape = shape;
    this.extents = extents;
  }

  /** `value[index]`, `fill` (bits) outside. */
  read(value: Value, index: readonly Index[], fill = 0): number {
    const iteration = [...this.shape, ...this.extents];
    const source = value.node.source;
    if (source.kind === 'uniform') {
      const inside = index.every((coordinate, dim) => isInside(coordinate, value.shape[dim] ?? 1, iteration));
      if (inside || source.bits === fill) return this.lines.constant(value.node.dtype, source.bits);
    }
    const read: LoopRead = { node: value.node, view: value.shape, index, fill };
    const key = JSON.stringify([read.node.id, read.view, read.index, read.fill]);
    let position = this.reads.findIndex((other) => JSON.stringify([other.node.id, other.view, other.index, other.fill]) === key);
    if (position < 0) position = this.reads.push(read) - 1;
    return this.lines.read(position);
  }

  /** A gather coordinate: the value of a read made before, which must be a plain read line. */
  gatherOf(line: number): Index {
    const instruction = this.lines.list[line];
    if (instruction?.op !== 'read') throw new Error('a gather index must be a tensor of integers, not a computed value');
    return { gather: instruction.read };
  }

  op(op: BodyOp, ...args: number[]): number {
    return this.lines.op(op, args);
  }
  f32(value: number): number {
    return this.lines.float(value);
  }
  i32(value: number): number {
    return this.lines.constant('i32', value >>> 0);
  }
  constant(dtype: DType, bits: number): number {
    return this.lines.constant(dtype, bits);
  }
  axis(axis: number): number {
    return (this.shape[axis] ?? this.extents[axis - this.shape.length]) === 1 ? this.i32(0) : this.lines.axis(axis);
  }
  /** Body value as f32, whatever the tfjs dtype. */
  toFloat(line: number, dtype: string): number {
    return programDtype(dtype) === 'f32' ? line : this.op('i2f', line);
  }

  finish(reduce: Reduce, ...results: number[]): LoopParts {
    return { shape: this.shape, extents: this.extents, reduce, reads: this.reads, body: this.lines.list, results };
  }
}
