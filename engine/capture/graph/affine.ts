import type { Affine, Index } from '#engine/program/program.ts';

/** One iteration axis, as it is. */
export function axisIndex(axis: number): Affine {
  return { terms: [[axis, 1]], offset: 0, div: 1, exact: false };
}

export function constantIndex(offset: number): Affine {
  return { terms: [], offset, div: 1, exact: false };
}

/** (offset + sum of coefficient * axis) / div; like terms are added, zero terms dropped, axes ascend. */
export function affine(terms: readonly (readonly [number, number])[], offset = 0, div = 1, exact = false): Affine {
  const byAxis = new Map<number, number>();
  for (const [axis, coefficient] of terms) byAxis.set(axis, (byAxis.get(axis) ?? 0) + coefficient);
  const kept = [...byAxis].filter(([, coefficient]) => coefficient !== 0).sort((a, b) => a[0] - b[0]);
  return { terms: kept, offset, div, exact: div === 1 ? false : exact };
}

export function isAffine(index: Index): index is Affine {
  return !('gather' in index);
}

/** Smallest and largest numerator over the iteration space. */
export function numeratorRange(index: Affine, extents: readonly number[]): readonly [number, number] {
  let low = index.offset;
  let high = index.offset;
  for (const [axis, coefficient] of index.terms) {
    const reach = coefficient * ((extents[axis] ?? 1) - 1);
    if (reach < 0) low += reach;
    else high += reach;
  }
  return [low, high];
}

/** True where the coordinate is inside [0, extent) for every point of the iteration space. */
export function isInside(index: Index, extent: number, iteration: readonly number[]): boolean {
  if (!isAffine(index)) return false;
  if (index.exact && index.div !== 1) return false;
  const [low, high] = numeratorRange(index, iteration);
  return Math.floor(low / index.div) >= 0 && Math.floor(high / index.div) < extent;
}

/**
 * The index `outer` has after its axes are replaced by `inner[axis]` (all affine).
 * null where the result is not affine with one division at the end.
 */
export function composeIndex(outer: Affine, inner: readonly Index[]): Affine | null {
  const only = outer.terms.length === 1 ? outer.terms[0] : undefined;
  if (only && only[1] === 1 && outer.offset === 0 && outer.div === 1) {
    const replacement = inner[only[0]];
    return replacement && isAffine(replacement) ? replacement : null;
  }
  const terms: [number, number][] = [];
  let offset = outer.offset;
  for (const [axis, coefficient] of outer.terms) {
    const replacement = inner[axis];
    if (!replacement || !isAffine(replacement) || replacement.div !== 1) return null;
    offset += coefficient * replacement.offset;
    for (const [innerAxis, innerCoefficient] of replacement.terms) terms.push([innerAxis, coefficient * innerCoefficient]);
  }
  return affine(terms, offset, outer.div, outer.exact);
}
