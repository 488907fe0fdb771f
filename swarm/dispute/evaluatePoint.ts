/** One operation at one point of its iteration space (SPEC D4): what the court executes, written apart from the fast reference. */
import { canon } from '#engine/numerics/canon.ts';
import { evaluateScalar } from '#engine/numerics/evaluateScalar.ts';
import type { DType, Index, Operation, Read } from '#engine/program/program.ts';

export interface Point {
  /** Flat element of the output, and flat r over the reduced extents (0 where there are none). */
  readonly element: number;
  readonly term: number;
}

export interface PointValue {
  /** Bits of `operation.results`. */
  readonly results: readonly number[];
  /** The first read whose gathered index is out of range (P7), or null. */
  readonly outside: number | null;
}

/** Gives the bits of flat element `element` of read `read`'s tensor. */
export type WordOf = (read: number, element: number) => number;

export function pointCoordinates(operation: Operation, point: Point): number[] {
  return [...unflatten(point.element, operation.shape), ...unflatten(point.term, operation.extents)];
}

function unflatten(flat: number, shape: readonly number[]): number[] {
  const at: number[] = [];
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] as number;
    at[axis] = rest % extent;
    rest = Math.floor(rest / extent);
  }
  return at;
}

/** `dtypes[k]` is that of read k's tensor. Errors: those of `word`. */
export function evaluatePoint(operation: Operation, dtypes: readonly DType[], point: Point, word: WordOf): PointValue {
  const at = pointCoordinates(operation, point);
  const values: number[] = [];
  let outside: number | null = null;
  operation.reads.forEach((read, k) => {
    const place = placeOf(read, at, values);
    if (place === 'out of range' && outside === null) outside = k;
    const bits = typeof place === 'number' ? word(k, place) : read.fill;
    values.push(dtypes[k] === 'f32' ? canon(bits) : bits);
  });
  const lines: number[] = [];
  for (const line of operation.body) {
    if (line.op === 'const') lines.push(line.bits);
    else if (line.op === 'read') lines.push(values[line.read] as number);
    else if (line.op === 'axis') lines.push(at[line.axis] as number);
    else
      lines.push(
        evaluateScalar(
          line.op,
          line.args.map((arg) => lines[arg] as number),
        ),
      );
  }
  return { results: operation.results.map((result) => lines[result] as number), outside };
}

/** Flat element, or why there is none: outside the view by an affine index (the fill), or by a gathered one (an error of the run, and the fill). */
function placeOf(read: Read, at: readonly number[], values: readonly number[]): number | 'outside' | 'out of range' {
  let flat = 0;
  let inside = true;
  for (let d = 0; d < read.view.length; d++) {
    const size = read.view[d] as number;
    const index = read.index[d] as Index;
    const coordinate = 'gather' in index ? (values[index.gather] as number) | 0 : affineOf(index, at);
    const good = coordinate >= 0 && coordinate < size;
    if (!good && 'gather' in index) return 'out of range';
    inside &&= good;
    flat = flat * size + coordinate;
  }
  return inside ? flat : 'outside';
}

function affineOf(index: Exclude<Index, { gather: number }>, at: readonly number[]): number {
  let numerator = index.offset;
  for (const [axis, coefficient] of index.terms) numerator += coefficient * (at[axis] as number);
  if (index.exact && numerator % index.div !== 0) return -1;
  return Math.floor(numerator / index.div);
}
