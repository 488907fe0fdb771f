/**
 * Offsets of buffers whose lifetimes are known beforehand: the largest first, each into the tightest gap between those that are
 * alive together with it. Source: Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020, greedy by size.
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

/** `bank`: words of a bank; no buffer lies across two. */
export function placeBuffers(buffers: readonly Lifetime[], bank = Infinity): Placement {
  const order = [...buffers.keys()].sort((a, b) => (buffers[b] as Lifetime).words - (buffers[a] as Lifetime).words || a - b);
  const offsets: number[] = [];
  const placed: Placed[] = [];
  for (const at of order) {
    const buffer = buffers[at] as Lifetime;
    const offset = tightestGap(placed, buffer, bank);
    offsets[at] = offset;
    placed.splice(placeIn(placed, offset), 0, { ...buffer, offset });
  }
  return { offsets, words: placed.reduce((most, { offset, words }) => Math.max(most, offset + wholeQuads(words)), 0) };
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
function placeIn(placed: readonly Placed[], offset: number): number {
  let [low, high] = [0, placed.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((placed[middle] as Placed).offset <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
