/**
 * The usual mac: both factors are plain reads with affine indexes. Each tensor is rounded once, and laid out so that
 * every address is a linear form of the axes (padding, dilation and exact division are filled in), which leaves a tight loop.
 */
import type { Affine, Operation, Profile, Read } from '#engine/program/program.ts';
import { canon, NAN_BITS } from './canon.ts';
import { type Chunk, newChunk } from './chunk.ts';
import { anyNonFinite, type MacArithmetic, macArithmetic } from './mac.ts';
import { coefficients, coordinates, makeSpace, numeratorRange, rowMajorStrides, type Space } from './readChunk.ts';
import type { RunOperation } from './runOperation.ts';

/** Laid-out operands stay under this, or the general path is taken. */
const MAX_LAID_OUT = 1 << 24;

interface Operand {
  readonly tensor: number;
  /** Rounds and lays out; false where some element is not finite. */
  prepare(bits: Uint32Array): boolean;
  readonly laid: Chunk;
  readonly base: number;
  readonly steps: Int32Array;
}

/** Null where the operation is not of this form. */
export function planLinearMac(operation: Operation, profile: Profile): RunOperation | null {
  const arithmetic = macArithmetic(profile);
  const space = makeSpace([...operation.shape, ...operation.extents]);
  const operands = operation.results.map((result) => {
    const line = operation.body[result];
    const read = line?.op === 'read' ? operation.reads[line.read] : undefined;
    return read ? planOperand(read, space, arithmetic) : null;
  });
  const [a, b] = operands;
  if (!a || !b) return null;
  const rank = operation.shape.length;
  const outer = makeSpace(operation.shape);
  const inner = makeSpace(operation.extents);
  const aOffsets = offsetsOf(inner, a.steps.subarray(rank));
  const bOffsets = offsetsOf(inner, b.steps.subarray(rank));
  const aBases = offsetsOf(outer, a.steps);
  const bBases = offsetsOf(outer, b.steps);
  const result = newChunk(1);

  return (tensors) => {
    const out = tensors[operation.out] as Uint32Array;
    const finite = [a, b].map((operand) => operand.prepare(tensors[operand.tensor] as Uint32Array)).every(Boolean);
    for (let i = 0; i < outer.points; i++) {
      const aBase = a.base + (aBases[i] as number);
      const bBase = b.base + (bBases[i] as number);
      if (!finite && anyNonFinite(a.laid.u, aBase, aOffsets, b.laid.u, bBase, bOffsets, inner.points)) {
        out[i] = NAN_BITS;
        continue;
      }
      result.f[0] = arithmetic.chain(a.laid.f, aBase, aOffsets, b.laid.f, bBase, bOffsets, inner.points);
      out[i] = canon(result.u[0] as number);
    }
    return true;
  };
}

function offsetsOf(space: Space, steps: ArrayLike<number>): Int32Array {
  const offsets = new Int32Array(space.points);
  const at = new Int32Array(space.extents.length);
  for (let point = 0; point < space.points; point++) {
    coordinates(space, point, at);
    let offset = 0;
    for (let axis = 0; axis < at.length; axis++) offset += (at[axis] as number) * (steps[axis] as number);
    offsets[point] = offset;
  }
  return offsets;
}

/** Where dimension d's numerator n lies in the laid-out copy: n - low. */
function planOperand(read: Read, space: Space, arithmetic: MacArithmetic): Operand | null {
  if (read.index.some((index) => 'gather' in index)) return null;
  const affine = read.index as readonly Affine[];
  const ranges = affine.map((index, d) => {
    const { low, high } = numeratorRange(index, space.extents);
    const size = read.view[d] as number;
    return index.div === 1 && low >= 0 && high < size ? { low: 0, size } : { low, size: high - low + 1 };
  });
  const plain = ranges.every((range, d) => range.low === 0 && range.size === read.view[d] && affine[d]?.div === 1);
  const total = ranges.reduce((product, range) => product * range.size, 1);
  if (total > MAX_LAID_OUT) return null;
  const strides = rowMajorStrides(ranges.map((range) => range.size));
  const steps = new Int32Array(space.extents.length);
  let base = 0;
  affine.forEach((index, d) => {
    const stride = strides[d] as number;
    base += (index.offset - (ranges[d] as { low: number }).low) * stride;
    coefficients(index, steps.length).forEach((coefficient, axis) => {
      steps[axis] = (steps[axis] as number) + coefficient * stride;
    });
  });
  const laid = newChunk(total);
  const sources = plain ? null : sourcesOf(affine, ranges, read.view);
  return {
    tensor: read.tensor,
    laid,
    base,
    steps,
    prepare(bits) {
      if (!sources) return arithmetic.round(bits, laid.u, total);
      for (let k = 0; k < total; k++) {
        const source = sources[k] as number;
        laid.u[k] = source < 0 ? read.fill : (bits[source] as number);
      }
      return arithmetic.round(laid.u, laid.u, total);
    },
  };
}

/** Element of the tensor behind each element of the laid-out copy; -1 where the read gives its fill. */
function sourcesOf(affine: readonly Affine[], ranges: readonly { low: number; size: number }[], view: readonly number[]): Int32Array {
  const copy = makeSpace(ranges.map((range) => range.size));
  const strides = rowMajorStrides(view);
  const sources = new Int32Array(copy.points);
  const at = new Int32Array(ranges.length);
  for (let k = 0; k < copy.points; k++) {
    coordinates(copy, k, at);
    let source = 0;
    for (let d = 0; d < at.length; d++) {
      const { div, exact } = affine[d] as Affine;
      const numerator = (at[d] as number) + (ranges[d] as { low: number }).low;
      const index = Math.floor(numerator / div);
      if ((exact && numerator % div !== 0) || index < 0 || index >= (view[d] as number)) {
        source = -1;
        break;
      }
      source += index * (strides[d] as number);
    }
    sources[k] = source;
  }
  return sources;
}
