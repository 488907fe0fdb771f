import type { Affine, Index } from '#engine/program/program.ts';
import { affine, axisIndex, isAffine } from './affine.ts';
import type { Loop, LoopRead } from './node.ts';
import { rewriteAxes } from './rewrite.ts';

/** Axis `a` and the next one move together: as neighbouring dimensions, as one stride in one dimension, or not at all. */
function mergesIn(read: LoopRead, a: number, inner: number): boolean {
  const withTerms = read.index.map((index, dim) => ({ index, dim })).filter(({ index }) => isAffine(index) && index.terms.some(([axis]) => axis === a || axis === a + 1));
  if (withTerms.length === 0) return true;
  const [first, second, third] = withTerms;
  if (!first || third) return false;
  if (!second) {
    const terms = new Map((first.index as Affine).terms);
    return terms.get(a) === (terms.get(a + 1) ?? Number.NaN) * inner;
  }
  const isOnly = (index: Index, axis: number) =>
    isAffine(index) && index.terms.length === 1 && index.terms[0]?.[0] === axis && index.terms[0][1] === 1 && index.offset === 0 && index.div === 1;
  return second.dim === first.dim + 1 && isOnly(first.index, a) && isOnly(second.index, a + 1) && read.view[second.dim] === inner;
}

function mergedRead(read: LoopRead, a: number): LoopRead {
  const dims = read.index.map((index, dim) => (isAffine(index) && index.terms.some(([axis]) => axis === a || axis === a + 1) ? dim : -1)).filter((dim) => dim >= 0);
  const shift = (index: Index): Index => {
    if (!isAffine(index)) return index;
    const terms = index.terms.filter(([axis]) => axis !== a).map(([axis, coefficient]) => [axis > a ? axis - 1 : axis, coefficient] as const);
    return affine(terms, index.offset, index.div, index.exact);
  };
  const [first, second] = dims;
  if (first === undefined || second === undefined) return { ...read, index: read.index.map(shift) };
  const view = read.view.filter((_, dim) => dim !== second).map((extent, dim) => (dim === first ? extent * (read.view[second] ?? 1) : extent));
  const index = read.index.filter((_, dim) => dim !== second).map((coordinate, dim) => (dim === first ? axisIndex(a) : shift(coordinate)));
  return { ...read, view, index };
}

/** One axis fewer where two neighbours (both kept, or both reduced) can be walked as one. */
function mergeOnce(loop: Loop): Loop | null {
  const rank = loop.shape.length;
  const extents = [...loop.shape, ...loop.extents];
  const inBody = new Set(loop.body.flatMap((instruction) => (instruction.op === 'axis' ? [instruction.axis] : [])));
  for (let a = 0; a + 1 < extents.length; a++) {
    if (a + 1 === rank || inBody.has(a) || inBody.has(a + 1)) continue;
    const inner = extents[a + 1] ?? 1;
    if (!loop.reads.every((read) => mergesIn(read, a, inner))) continue;
    const merged = extents.filter((_, axis) => axis !== a + 1).map((extent, axis) => (axis === a ? extent * inner : extent));
    const newRank = a < rank ? rank - 1 : rank;
    const body = loop.body.map((instruction) => (instruction.op === 'axis' && instruction.axis > a ? { ...instruction, axis: instruction.axis - 1 } : instruction));
    return { ...loop, shape: merged.slice(0, newRank), extents: merged.slice(newRank), reads: loop.reads.map((read) => mergedRead(read, a)), body };
  }
  return null;
}

/** Axes of extent 1 go away, except that a reduction keeps one reduced axis. */
function withoutUnitAxes(loop: Loop): Loop {
  const extents = [...loop.shape, ...loop.extents];
  const rank = loop.shape.length;
  const isKept = extents.map((extent, axis) => extent !== 1 || (axis >= rank && loop.reduce !== 'none' && loop.extents.every((other) => other === 1) && axis === rank));
  if (isKept.every(Boolean)) return loop;
  let next = 0;
  const inner = isKept.map((kept) => (kept ? axisIndex(next++) : affine([])));
  const shape = loop.shape.filter((_, axis) => isKept[axis]);
  const reduced = loop.extents.filter((_, k) => isKept[rank + k]);
  return rewriteAxes(loop, shape, reduced, inner) ?? loop;
}

/** View dimensions of extent 1 that are read at 0 say nothing. */
function withoutUnitViews(read: LoopRead): LoopRead {
  const isKept = read.index.map((index, dim) => !(read.view[dim] === 1 && isAffine(index) && index.terms.length === 0 && index.offset === 0));
  return isKept.every(Boolean) ? read : { ...read, view: read.view.filter((_, dim) => isKept[dim]), index: read.index.filter((_, dim) => isKept[dim]) };
}

/** The same loop with as few axes and view dimensions as it needs: what executors recognise best. */
export function simplifyLoop(loop: Loop): Loop {
  let simple = withoutUnitAxes(loop);
  simple = { ...simple, reads: simple.reads.map(withoutUnitViews) };
  for (let merged = mergeOnce(simple); merged; merged = mergeOnce(merged)) simple = merged;
  return simple;
}
