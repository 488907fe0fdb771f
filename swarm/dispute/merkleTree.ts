/** A list under its root (SPEC H2) with every level kept, and what a contract checks of it: paths, and the children of a node. */
import { sha256 } from '#engine/program/sha256.ts';
import { hashBytes, toHash } from '#swarm/protocol/hex.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';

const ZERO: Uint8Array = new Uint8Array(32);
export const ZERO_HASH = toHash(ZERO);
/** Levels that one answer to a demand goes down: 16 children (D9). */
export const WALK_LEVELS = 4;

function parent(left: Uint8Array, right: Uint8Array): Uint8Array {
  const both = new Uint8Array(64);
  both.set(left, 0);
  both.set(right, 32);
  return sha256(both);
}

function levelAbove(level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let k = 0; k < level.length; k += 2) above.push(parent(level[k] as Uint8Array, level[k + 1] ?? ZERO));
  return above;
}

/** Nodes at `height` over `count` leaves; leaves are at height 0. */
export function widthAt(count: number, height: number): number {
  let width = count;
  for (let k = 0; k < height; k++) width = Math.ceil(width / 2);
  return width;
}

/** Height of the root. */
export function topOf(count: number): number {
  let height = 0;
  for (let width = count; width > 1; width = Math.ceil(width / 2)) height++;
  return height;
}

export class MerkleTree {
  readonly levels: readonly (readonly Uint8Array[])[];

  constructor(leaves: readonly Uint8Array[]) {
    const levels: (readonly Uint8Array[])[] = [leaves];
    for (let level = leaves; level.length > 1; ) {
      level = levelAbove(level);
      levels.push(level);
    }
    this.levels = levels;
  }

  get count(): number {
    return (this.levels[0] as readonly Uint8Array[]).length;
  }

  get root(): Hash {
    return toHash(this.levels[this.levels.length - 1]?.[0] ?? ZERO);
  }

  /** Zero where the level is padded. */
  node(height: number, index: number): Hash {
    return toHash(this.levels[height]?.[index] ?? ZERO);
  }

  /** Siblings from the node at `height` up. */
  path(index: number, height = 0): Hash[] {
    const siblings: Hash[] = [];
    for (let h = height, place = index; h < this.levels.length - 1; h++, place = Math.floor(place / 2)) siblings.push(this.node(h, place ^ 1));
    return siblings;
  }
}

/** The root that a path leads to, or null where it has not the shape of a tree over `count` leaves. `count` may be that of any level. */
export function foldPath(leaf: Hash, index: number, count: number, path: readonly Hash[]): Hash | null {
  if (!Number.isInteger(index) || index < 0 || index >= count) return null;
  let node = hashBytes(leaf);
  let place = index;
  let width = count;
  for (const sibling of path) {
    if (width <= 1) return null;
    // The last node of an odd level stands beside a zero node, and beside nothing else.
    if (place === width - 1 && place % 2 === 0 && sibling !== ZERO_HASH) return null;
    node = place % 2 === 0 ? parent(node, hashBytes(sibling)) : parent(hashBytes(sibling), node);
    place = Math.floor(place / 2);
    width = Math.ceil(width / 2);
  }
  return width === 1 ? toHash(node) : null;
}

/** Height of the nodes that answer a demand of a node at `height` > 0. */
export function childHeight(height: number): number {
  return Math.max(0, height - WALK_LEVELS);
}

/** How many nodes at `childHeight` lie under the node. */
export function childCount(count: number, height: number, index: number): number {
  const lower = childHeight(height);
  const reach = 2 ** (height - lower);
  return Math.min(reach, widthAt(count, lower) - index * reach);
}

/** The levels between the children of a node and the node itself, both included; from the children up. */
export function foldChildren(children: readonly Hash[], levels: number): Hash[][] {
  let level: readonly Uint8Array[] = children.map(hashBytes);
  const all = [level];
  for (let k = 0; k < levels; k++) {
    level = levelAbove(level);
    all.push(level);
  }
  return all.map((nodes) => nodes.map(toHash));
}

/** Root over `count` leaves that are all `leaf`, but the last, which is `last`. */
export function repeatedRoot(leaf: Uint8Array, last: Uint8Array, count: number): Hash {
  let [body, end] = [leaf, last];
  for (let width = count; width > 1; width = Math.ceil(width / 2)) {
    end = width % 2 === 0 ? parent(body, end) : parent(end, ZERO);
    body = parent(body, body);
  }
  return toHash(end);
}
