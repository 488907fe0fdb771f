/**
 * Offsets of buffers whose lifetimes are known beforehand: the largest first, or as they come, each into the tightest gap between
 * those that are alive together with it. Source: Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020, greedy by size.
 */
import { wholeQuads } from './quads.ts';

export interface Lifetime {
  readonly words: number;
  /** First and last moment at which it is in use. */
  readonly begin: number;
  readonly end: number;
}

export interface Placement {
  /** Of each buffer, from a multiple of four words on (quads.ts). */
  readonly offsets: readonly number[];
  readonly words: number;
}

interface Placed extends Lifetime {
  readonly offset: number;
}

/** Of more, largest first would take too long. */
const MOST_BY_SIZE = 4096;

/** `bank`: words of a bank; no buffer lies across two. Of both orders, the one that needs less. */
export function placeBuffers(buffers: readonly Lifetime[], bank = Infinity): Placement {
  const sizeOf = (at: number) => (buffers[at] as Lifetime).words;
  const beginOf = (at: number) => (buffers[at] as Lifetime).begin;
  const asTheyCome = placeInOrder(
    buffers,
    [...buffers.keys()].sort((a, b) => beginOf(a) - beginOf(b) || sizeOf(b) - sizeOf(a)),
    bank,
  );
  if (buffers.length > MOST_BY_SIZE) return asTheyCome;
  const bySize = placeInOrder(
    buffers,
    [...buffers.keys()].sort((a, b) => sizeOf(b) - sizeOf(a)),
    bank,
  );
  return bySize.words <= asTheyCome.words ? bySize : asTheyCome;
}

function placeInOrder(buffers: readonly Lifetime[], order: readonly number[], bank: number): Placement {
  const offsets: number[] = [];
  let words = 0;
  // Of those still to come, the first to begin: whatever ended before is in nobody's way.
  const firstAhead = order.map((at) => (buffers[at] as Lifetime).begin);
  for (let k = firstAhead.length - 2; k >= 0; k--) firstAhead[k] = Math.min(firstAhead[k] as number, firstAhead[k + 1] as number);
  let placed: Placed[] = [];
  for (const [k, at] of order.entries()) {
    const buffer = buffers[at] as Lifetime;
    placed = placed.filter(({ end }) => end >= (firstAhead[k] as number));
    const offset = tightestGap(placed, buffer, bank);
    offsets[at] = offset;
    placed.splice(placeAmong(placed, offset), 0, { ...buffer, offset });
    words = Math.max(words, offset + wholeQuads(buffer.words));
  }
  return { offsets, words };
}

/** `placed`: by offset. */
function tightestGap(placed: readonly Placed[], { words: wanted, begin, end }: Lifetime, bank: number): number {
  const words = wholeQuads(wanted);
  let free = 0;
  let best: number | null = null;
  let room = Infinity;
  for (const other of placed) {
    if (other.end < begin || end < other.begin) continue;
    const offset = inOneBank(free, words, bank);
    const gap = other.offset - free;
    if (offset + words <= other.offset && gap < room) {
      best = offset;
      room = gap;
    }
    free = Math.max(free, other.offset + wholeQuads(other.words));
  }
  return best ?? inOneBank(free, words, bank);
}

/** The first place from `offset` on that lies in one bank. */
function inOneBank(offset: number, words: number, bank: number): number {
  const end = (Math.floor(offset / bank) + 1) * bank;
  return offset + words <= end ? offset : end;
}

/** Where `offset` belongs among those that are placed. */
function placeAmong(placed: readonly Placed[], offset: number): number {
  let [low, high] = [0, placed.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((placed[middle] as Placed).offset <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
