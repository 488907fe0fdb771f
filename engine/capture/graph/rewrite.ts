import type { Affine, Index, Instruction } from '#engine/program/program.ts';
import { affine, composeIndex, constantIndex, isAffine } from './affine.ts';
import { BodyLines } from './bodyLines.ts';
import type { Loop, LoopRead } from './node.ts';
import { sizeOf } from './node.ts';

/** The value of an affine index (no division) as body lines. */
export function writeAffine(lines: BodyLines, index: Affine): number | null {
  if (index.div !== 1) return null;
  let sum = lines.constant('i32', index.offset >>> 0);
  for (const [axis, coefficient] of index.terms) {
    const term = lines.op('imul', [lines.axis(axis), lines.constant('i32', coefficient >>> 0)]);
    sum = lines.op('iadd', [sum, term]);
  }
  return sum;
}

/** Copies a body's lines; what reads and axes become is the caller's. Returns where each line went, null where one has no form. */
export function replayBody(lines: BodyLines, body: readonly Instruction[], readLine: (read: number) => number, axisLine: (axis: number) => number | null): number[] | null {
  const moved: number[] = [];
  for (const instruction of body) {
    if (instruction.op === 'const') moved.push(lines.constant(instruction.dtype, instruction.bits));
    else if (instruction.op === 'read') moved.push(readLine(instruction.read));
    else if (instruction.op === 'axis') {
      const line = axisLine(instruction.axis);
      if (line === null) return null;
      moved.push(line);
    } else
      moved.push(
        lines.op(
          instruction.op,
          instruction.args.map((arg) => moved[arg] ?? 0),
        ),
      );
  }
  return moved;
}

/** Drops lines that no result needs. */
export function pruneBody(body: readonly Instruction[], results: readonly number[]): { body: Instruction[]; results: number[] } {
  const needed = new Set<number>();
  const stack = [...results];
  while (stack.length > 0) {
    const line = stack.pop() as number;
    if (needed.has(line)) continue;
    needed.add(line);
    const instruction = body[line];
    if (instruction && 'args' in instruction) stack.push(...instruction.args);
  }
  const moved = new Map<number, number>();
  const kept: Instruction[] = [];
  body.forEach((instruction, line) => {
    if (!needed.has(line)) return;
    const copy = 'args' in instruction ? { ...instruction, args: instruction.args.map((arg) => moved.get(arg) ?? 0) } : instruction;
    moved.set(line, kept.push(copy) - 1);
  });
  return { body: kept, results: results.map((line) => moved.get(line) ?? 0) };
}

/** Drops reads that no line and no gather uses. */
export function pruneReads(loop: Loop): Loop {
  const pruned = pruneBody(loop.body, loop.results);
  const used = new Set<number>();
  for (const instruction of pruned.body) if (instruction.op === 'read') used.add(instruction.read);
  for (let read = loop.reads.length - 1; read >= 0; read--) {
    if (!used.has(read)) continue;
    for (const index of loop.reads[read]?.index ?? []) if (!isAffine(index)) used.add(index.gather);
  }
  const moved = new Map([...used].sort((a, b) => a - b).map((read, position) => [read, position]));
  const reads = loop.reads
    .filter((_, read) => used.has(read))
    .map((read) => ({ ...read, index: read.index.map((index) => (isAffine(index) ? index : { gather: moved.get(index.gather) ?? 0 })) }));
  const body = pruned.body.map((instruction) => (instruction.op === 'read' ? { ...instruction, read: moved.get(instruction.read) ?? 0 } : instruction));
  return { ...loop, reads, body, results: pruned.results };
}

/** The same loop over other axes: old axis k is `inner[k]` of the new ones. null where an index has no form. */
export function rewriteAxes(loop: Loop, shape: readonly number[], extents: readonly number[], inner: readonly Affine[]): Loop | null {
  const reads: LoopRead[] = [];
  for (const read of loop.reads) {
    const index: Index[] = [];
    for (const coordinate of read.index) {
      const rewritten = isAffine(coordinate) ? composeIndex(coordinate, inner) : coordinate;
      if (!rewritten) return null;
      index.push(rewritten);
    }
    reads.push({ ...read, index });
  }
  const lines = new BodyLines();
  const moved = replayBody(
    lines,
    loop.body,
    (read) => lines.read(read),
    (axis) => writeAffine(lines, inner[axis] ?? constantIndex(0)),
  );
  if (!moved) return null;
  return { ...loop, shape, extents, reads, body: lines.list, results: loop.results.map((line) => moved[line] ?? 0) };
}

/** Splits each axis into factors (a list each, product = extent; an empty list for extent 1). */
export function splitAxes(loop: Loop, factors: readonly (readonly number[])[]): Loop | null {
  const inner: Affine[] = [];
  const extents: number[] = [];
  for (const parts of factors) {
    const first = extents.length;
    extents.push(...parts);
    let weight = sizeOf(parts);
    inner.push(
      affine(
        parts.map((part, k) => {
          weight /= part;
          return [first + k, weight] as const;
        }),
      ),
    );
  }
  const rank = factors.slice(0, loop.shape.length).reduce((sum, parts) => sum + parts.length, 0);
  return rewriteAxes(loop, extents.slice(0, rank), extents.slice(rank), inner);
}

/** Divides shapes of one size at every place where either is divided: [6, 4] and [2, 12] give [2, 3, 4]. null: no such shape. */
export function commonRefinement(a: readonly number[], b: readonly number[]): number[] | null {
  const cuts = new Set<number>();
  for (const shape of [a, b]) {
    let product = 1;
    for (const extent of [...shape].reverse()) cuts.add((product *= extent));
  }
  cuts.delete(1);
  const ascending = [...cuts].sort((x, y) => x - y);
  const extents: number[] = [];
  let before = 1;
  for (const cut of ascending) {
    if (cut % before !== 0) return null;
    extents.unshift(cut / before);
    before = cut;
  }
  return extents;
}

/** For each dimension of `shape`, its factors in `refined`. */
export function factorsIn(shape: readonly number[], refined: readonly number[]): number[][] {
  let next = 0;
  return shape.map((extent) => {
    const factors: number[] = [];
    for (let product = 1; product < extent; next++) {
      const factor = refined[next] ?? 1;
      factors.push(factor);
      product *= factor;
    }
    return factors;
  });
}

/**
 * Splits a coordinate of [0, product of factors) into its digits, where affine digits exist: terms whose weight a
 * digit's weight divides belong to it, provided that what is left stays under that weight.
 */
export function digitsOf(index: Affine, factors: readonly number[], iteration: readonly number[]): Affine[] | null {
  if (factors.length === 1) return [index];
  if (factors.length === 0) return [];
  if (index.div !== 1) return null;
  const weight = sizeOf(factors.slice(1));
  const high: [number, number][] = [];
  const low: [number, number][] = [];
  for (const [axis, coefficient] of index.terms) {
    if (coefficient % weight === 0) high.push([axis, coefficient / weight]);
    else low.push([axis, coefficient]);
  }
  const highOffset = Math.floor(index.offset / weight);
  const lowOffset = index.offset - highOffset * weight;
  let least = lowOffset;
  let most = lowOffset;
  for (const [axis, coefficient] of low) {
    const reach = coefficient * ((iteration[axis] ?? 1) - 1);
    if (reach < 0) least += reach;
    else most += reach;
  }
  if (least < 0 || most >= weight) return null;
  const rest = digitsOf(affine(low, lowOffset), factors.slice(1), iteration);
  return rest && [affine(high, highOffset), ...rest];
}

/** True for an index that is one whole axis and nothing else. */
export function isPlainAxis(index: Index): index is Affine {
  return isAffine(index) && index.terms.length === 1 && index.terms[0]?.[1] === 1 && index.offset === 0 && index.div === 1;
}
