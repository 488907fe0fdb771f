/** Fetches one read of an operation for a stretch of its iteration points. */
import type { Affine, Read } from '#engine/program/program.ts';
import type { Chunk } from './chunk.ts';

/** Iteration space: output axes, then reduced axes; row-major. */
export interface Space {
  readonly extents: readonly number[];
  readonly points: number;
}

export function makeSpace(extents: readonly number[]): Space {
  return { extents, points: extents.reduce((product, extent) => product * extent, 1) };
}

/** Coordinates of a point. */
export function coordinates(space: Space, point: number, into: Int32Array): void {
  let rest = point;
  for (let axis = space.extents.length - 1; axis >= 0; axis--) {
    const extent = space.extents[axis] as number;
    into[axis] = rest % extent;
    rest = Math.floor(rest / extent);
  }
}

export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= shape[d] as number;
  }
  return strides;
}

/** Coefficient of every axis, so that loops need no search. */
export function coefficients(affine: Affine, axes: number): Int32Array {
  const dense = new Int32Array(axes);
  for (const [axis, coefficient] of affine.terms) dense[axis] = (dense[axis] as number) + coefficient;
  return dense;
}

/** Least and greatest numerator over the whole space. */
export function numeratorRange(affine: Affine, extents: readonly number[]): { low: number; high: number } {
  let low = affine.offset;
  let high = affine.offset;
  coefficients(affine, extents.length).forEach((coefficient, axis) => {
    const reach = coefficient * ((extents[axis] as number) - 1);
    if (reach < 0) low += reach;
    else high += reach;
  });
  return { low, high };
}

type Dimension =
  | { readonly kind: 'affine'; readonly size: number; readonly stride: number; readonly offset: number; readonly steps: Int32Array; readonly div: number; readonly exact: boolean }
  | { readonly kind: 'gather'; readonly size: number; readonly stride: number; readonly from: number };

/** Fills `out` with the read's words for points start .. start + count. Returns false where a gathered index is out of range. */
export type FillRead = (tensor: Uint32Array, start: number, count: number, out: Chunk, earlier: readonly Chunk[]) => boolean;

export function compileRead(read: Read, space: Space): FillRead {
  const axes = space.extents.length;
  const strides = rowMajorStrides(read.view);
  const dimensions = read.index.map((index, d): Dimension => {
    const place = { size: read.view[d] as number, stride: strides[d] as number };
    if ('gather' in index) return { kind: 'gather', ...place, from: index.gather };
    return { kind: 'affine', ...place, offset: index.offset, steps: coefficients(index, axes), div: index.div, exact: index.exact };
  });
  const inside = read.index.every((index, d) => {
    if ('gather' in index || index.div !== 1) return false;
    const { low, high } = numeratorRange(index, space.extents);
    return low >= 0 && high < (read.view[d] as number);
  });
  return inside ? strided(dimensions, space) : guarded(dimensions, space, read.fill);
}

/** All coordinates proven inside: one address and one step along the last axis. */
function strided(dimensions: readonly Dimension[], space: Space): FillRead {
  const axes = space.extents.length;
  const steps = new Int32Array(axes);
  let base = 0;
  for (const dimension of dimensions) {
    if (dimension.kind !== 'affine') continue;
    base += dimension.offset * dimension.stride;
    dimension.steps.forEach((step, axis) => {
      steps[axis] = (steps[axis] as number) + step * dimension.stride;
    });
  }
  const at = new Int32Array(axes);
  return (tensor, start, count, out) => {
    forRuns(space, start, count, at, (first, length) => {
      let address = base;
      for (let axis = 0; axis < axes; axis++) address += (at[axis] as number) * (steps[axis] as number);
      const step = axes ? (steps[axes - 1] as number) : 0;
      for (let k = 0; k < length; k++, address += step) out.u[first + k] = tensor[address] as number;
    });
    return true;
  };
}

function guarded(dimensions: readonly Dimension[], space: Space, fill: number): FillRead {
  const axes = space.extents.length;
  const at = new Int32Array(axes);
  const numerators = new Int32Array(dimensions.length);
  const steps = Int32Array.from(dimensions, (dimension) => (dimension.kind === 'affine' && axes ? (dimension.steps[axes - 1] as number) : 0));
  return (tensor, start, count, out, earlier) => {
    let good = true;
    forRuns(space, start, count, at, (first, length) => {
      dimensions.forEach((dimension, d) => {
        let numerator = 0;
        if (dimension.kind === 'affine') {
          numerator = dimension.offset;
          for (let axis = 0; axis < axes; axis++) numerator += (at[axis] as number) * (dimension.steps[axis] as number);
        }
        numerators[d] = numerator;
      });
      for (let k = first; k < first + length; k++) {
        const address = addressOf(dimensions, numerators, k, earlier);
        if (address === GATHER_OUTSIDE) good = false;
        out.u[k] = address < 0 ? fill : (tensor[address] as number);
        for (let d = 0; d < steps.length; d++) numerators[d] = (numerators[d] as number) + (steps[d] as number);
      }
    });
    return good;
  };
}

const OUTSIDE = -1;
const GATHER_OUTSIDE = -2;

function addressOf(dimensions: readonly Dimension[], numerators: Int32Array, k: number, earlier: readonly Chunk[]): number {
  let address = 0;
  let outside = false;
  for (let d = 0; d < dimensions.length; d++) {
    const dimension = dimensions[d] as Dimension;
    let index: number;
    if (dimension.kind === 'gather') {
      index = (earlier[dimension.from] as Chunk).i[k] as number;
      if (index < 0 || index >= dimension.size) return GATHER_OUTSIDE;
    } else {
      const numerator = numerators[d] as number;
      if (dimension.div === 1) index = numerator;
      else if (dimension.exact && numerator % dimension.div !== 0) index = -1;
      else index = Math.floor(numerator / dimension.div);
      if (index < 0 || index >= dimension.size) outside = true;
    }
    address += index * dimension.stride;
  }
  return outside ? OUTSIDE : address;
}

/** Calls back for each stretch along the last axis; `at` holds the coordinates of its first point. */
function forRuns(space: Space, start: number, count: number, at: Int32Array, run: (first: number, length: number) => void): void {
  const axes = space.extents.length;
  const last = axes ? (space.extents[axes - 1] as number) : 1;
  let done = 0;
  while (done < count) {
    coordinates(space, start + done, at);
    const length = Math.min(count - done, last - (axes ? (at[axes - 1] as number) : 0));
    run(done, length);
    done += length;
  }
}
