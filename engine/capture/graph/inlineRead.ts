import type { Affine, Index } from '#engine/program/program.ts';
import { composeIndex, isAffine, isInside } from './affine.ts';
import { BodyLines } from './bodyLines.ts';
import type { Loop, LoopRead, Node } from './node.ts';
import { commonRefinement, digitsOf, factorsIn, isPlainAxis, pruneReads, replayBody, splitAxes, writeAffine } from './rewrite.ts';

interface Aligned {
  readonly consumer: Loop;
  readonly producer: Loop;
  /** Coordinates of the producer's axes, in the consumer's. */
  readonly at: readonly Affine[];
}

/** Consumer and producer over axes where the producer's coordinates are affine in the consumer's; null where there are none. */
function align(consumer: Loop, read: LoopRead, producer: Loop): Aligned | null {
  const refined = commonRefinement(read.view, producer.shape);
  if (!refined) return null;
  const split = splitAxes(producer, factorsIn(producer.shape, refined));
  if (!split) return null;
  const factors = factorsIn(read.view, refined);
  const iteration = [...consumer.shape, ...consumer.extents];
  const at = digitsOfAll(read, factors, iteration);
  if (at) return { consumer, producer: split, at };
  // The consumer's own axes need dividing first.
  const axisFactors = iteration.map((extent) => (extent === 1 ? [] : [extent]));
  for (let dim = 0; dim < read.view.length; dim++) {
    const index = read.index[dim];
    const parts = factors[dim] ?? [];
    const axis = index && isPlainAxis(index) ? index.terms[0]?.[0] : undefined;
    if (parts.length > 1 && axis !== undefined && iteration[axis] === read.view[dim]) axisFactors[axis] = parts;
  }
  const finer = splitAxes(consumer, axisFactors);
  const position = consumer.reads.indexOf(read);
  const finerRead = finer?.reads[position];
  if (!finer || !finerRead) return null;
  const finerAt = digitsOfAll(finerRead, factors, [...finer.shape, ...finer.extents]);
  return finerAt && { consumer: finer, producer: split, at: finerAt };
}

function digitsOfAll(read: LoopRead, factors: readonly (readonly number[])[], iteration: readonly number[]): Affine[] | null {
  const at: Affine[] = [];
  for (let dim = 0; dim < read.view.length; dim++) {
    const index = read.index[dim];
    if (!index || !isAffine(index) || !isInside(index, read.view[dim] ?? 1, iteration)) return null;
    const digits = digitsOf(index, factors[dim] ?? [], iteration);
    if (!digits) return null;
    at.push(...digits);
  }
  return at;
}

/** Reads without repeats; remembers where each went. */
class ReadList {
  readonly list: LoopRead[] = [];
  private readonly seen = new Map<string, number>();
  add(read: LoopRead): number {
    const key = JSON.stringify([read.node.id, read.view, read.index, read.fill]);
    const known = this.seen.get(key);
    if (known !== undefined) return known;
    const position = this.list.push(read) - 1;
    this.seen.set(key, position);
    return position;
  }
}

function withGathers(index: readonly Index[], moved: readonly number[]): Index[] {
  return index.map((coordinate) => (isAffine(coordinate) ? coordinate : { gather: moved[coordinate.gather] ?? 0 }));
}

/**
 * `consumer` with its first read of `node` replaced by what `node`'s loop computes, evaluated where it is read.
 * Same bits: every element is the same expression of the same elements. null where the composed index is not
 * quasi-affine, the read may leave the bounds, or a gather needs the value as a tensor.
 */
export function inlineRead(consumer: Loop, node: Node): Loop | null {
  const position = consumer.reads.findIndex((read) => read.node === node);
  const read = consumer.reads[position];
  if (!read || node.source.kind !== 'loop') return null;
  const aligned = align(consumer, read, node.source);
  if (!aligned) return null;
  const { producer, at } = aligned;
  const result = producer.body[producer.results[0] ?? 0];
  const isGathered = aligned.consumer.reads.some((other) => other.index.some((index) => !isAffine(index) && index.gather === position));
  if (isGathered && result?.op !== 'read') return null;

  const reads = new ReadList();
  const consumerMoved: number[] = [];
  const producerMoved: number[] = [];
  for (const [k, own] of aligned.consumer.reads.entries()) {
    if (k !== position) {
      consumerMoved.push(reads.add({ ...own, index: withGathers(own.index, consumerMoved) }));
      continue;
    }
    for (const inner of producer.reads) {
      const index: Index[] = [];
      for (const coordinate of inner.index) {
        const composed = isAffine(coordinate) ? composeIndex(coordinate, at) : { gather: producerMoved[coordinate.gather] ?? 0 };
        if (!composed) return null;
        index.push(composed);
      }
      producerMoved.push(reads.add({ ...inner, index }));
    }
    consumerMoved.push(result?.op === 'read' ? (producerMoved[result.read] ?? 0) : -1);
  }

  const lines = new BodyLines();
  const producerLines = replayBody(
    lines,
    producer.body,
    (k) => lines.read(producerMoved[k] ?? 0),
    (axis) => {
      const coordinate = at[axis];
      return coordinate ? writeAffine(lines, coordinate) : null;
    },
  );
  if (!producerLines) return null;
  const value = producerLines[producer.results[0] ?? 0] ?? 0;
  const moved = replayBody(
    lines,
    aligned.consumer.body,
    (k) => (k === position ? value : lines.read(consumerMoved[k] ?? 0)),
    (axis) => lines.axis(axis),
  );
  if (!moved) return null;
  const merged: Loop = { ...aligned.consumer, reads: reads.list, body: lines.list, results: aligned.consumer.results.map((line) => moved[line] ?? 0) };
  return pruneReads(merged);
}
