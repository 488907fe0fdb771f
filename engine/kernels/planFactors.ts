/** A mac whose factors are computed, or read through gathers, takes them from memory: each written out over the axes that it depends on. */
import { UnsupportedError } from '#engine/program/executor.ts';
import type { Operation, Read } from '#engine/program/program.ts';
import { shellOf } from './emitKernel.ts';
import { emitMaps } from './fuseMaps.ts';
import { layOperand, type LaidOperand } from './layOperand.ts';
import type { PlannedKernel } from './planKernels.ts';

/** Words of one factor. */
const MOST_WORDS = 2 ** 26;
/** Terms that a written number serves, on average; with fewer, computing it in place is as good. */
const LEAST_USES = 4;

const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);

interface FactorPlanner {
  readonly number: number;
  readonly kernels: PlannedKernel[];
  readonly scratch: (words: number) => number;
}

interface Factor {
  readonly result: number;
  /** Extents of all axes, 1 where it does not depend on the axis. */
  readonly space: readonly number[];
}

/**
 * Both operands, with kernels for those that are no plain reads; null where that is not worth it and not `needed`
 * (a profile with shared exponents has no other way). Errors: `UnsupportedError`, with the number, where they are needed and too big.
 */
export function planFactors(operation: Operation, needed: boolean, planner: FactorPlanner): readonly [LaidOperand, LaidOperand] | null {
  const axes = [...operation.shape, ...operation.extents];
  const factors = operation.results.map((result): LaidOperand | Factor => {
    const line = operation.body[result];
    const read = line?.op === 'read' ? operation.reads[line.read] : undefined;
    const used = axesOf(operation, result);
    return (read ? layOperand(read, axes) : null) ?? { result, space: axes.map((extent, axis) => (used.has(axis) ? extent : 1)) };
  });
  const written = factors.flatMap((factor) => ('space' in factor ? [product(factor.space)] : []));
  const words = written.reduce((sum, count) => sum + count, 0);
  const tooBig = Math.max(0, ...written) > MOST_WORDS;
  if (needed && tooBig)
    throw new UnsupportedError(`${operation.label}: its computed factors are ${words} numbers; with profiles e10 and e11 at most ${MOST_WORDS} each fit. Use f12.`);
  if (!needed && (tooBig || words * LEAST_USES > product(axes))) return null;
  const [a, b] = factors.map((factor) => ('space' in factor ? planFactor(operation, factor, planner) : factor));
  return a && b ? [a, b] : null;
}

function planFactor(operation: Operation, { result, space }: Factor, { number, kernels, scratch }: FactorPlanner): LaidOperand | null {
  const tensor = scratch(product(space));
  const factor: Operation = { ...operation, out: tensor, shape: space, extents: [], reduce: 'none', results: [result] };
  kernels.push({
    label: `${operation.label}, factor`,
    number,
    reads: operation.reads.map((read) => read.tensor),
    writes: [tensor],
    emit: (offsetOf) => shellOf(emitMaps([{ operation: factor, number: 0, watched: false, stored: true }], false, offsetOf)),
  });
  const read: Read = { tensor, view: space, index: space.map((extent, axis) => ({ terms: extent === 1 ? [] : [[axis, 1]], offset: 0, div: 1, exact: false })), fill: 0 };
  return layOperand(read, space);
}

/** Axes that a line's value depends on. */
function axesOf({ body, reads }: Operation, line: number): Set<number> {
  const axes = new Set<number>();
  const seen = new Set<string>();
  const visitRead = (read: number) => {
    if (seen.has(`r${read}`)) return;
    seen.add(`r${read}`);
    for (const index of reads[read]?.index ?? []) {
      if ('gather' in index) visitRead(index.gather);
      else for (const [axis] of index.terms) axes.add(axis);
    }
  };
  const visit = (at: number) => {
    const one = body[at];
    if (!one || seen.has(`l${at}`)) return;
    seen.add(`l${at}`);
    if (one.op === 'read') visitRead(one.read);
    else if (one.op === 'axis') axes.add(one.axis);
    else if ('args' in one) one.args.forEach(visit);
  };
  visit(line);
  return axes;
}
