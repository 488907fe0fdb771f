/** What a challenger knows of the defender's list: all of it when it was handed over, else what demands have shown (SPEC D9). */
import { toHash } from '#swarm/protocol/hex.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { Node } from './game.ts';
import { childHeight, foldChildren, type MerkleTree, topOf } from './merkleTree.ts';

/** Siblings of a leaf: of one's own list, or of one that has been seen. */
export interface Paths {
  path(index: number, height?: number): Hash[];
}

export class SeenList implements Paths {
  readonly #own: MerkleTree;
  readonly #count: number;
  readonly #nodes = new Map<string, Hash>();

  /** `own`: what this party has in its place, of as many leaves. */
  constructor(root: Hash, own: MerkleTree) {
    this.#own = own;
    this.#count = own.count;
    this.#nodes.set(key(topOf(this.#count), 0), root);
  }

  /** All leaves. The caller has compared their root. */
  take(list: MerkleTree): void {
    list.levels.forEach((level, height) => level.forEach((node, index) => this.#nodes.set(key(height, index), toHash(node))));
  }

  /** Children that the game has accepted. */
  takeChildren(node: Node, children: readonly Hash[]): void {
    const lower = childHeight(node.height);
    foldChildren(children, node.height - lower).forEach((level, k) => {
      const first = node.index * 2 ** (node.height - lower - k);
      level.forEach((hash, at) => this.#nodes.set(key(lower + k, first + at), hash));
    });
  }

  /** Where the first difference from the own list is: a leaf, or the node whose children have to be seen first. Null where there is none. */
  firstDifference(): Node | null {
    let node: Node = { height: topOf(this.#count), index: 0 };
    if (this.#known(node) === this.#ownNode(node)) return null;
    while (node.height > 0) {
      const left: Node = { height: node.height - 1, index: 2 * node.index };
      const right: Node = { height: node.height - 1, index: 2 * node.index + 1 };
      if (this.#known(left) === undefined) return node;
      node = this.#known(left) === this.#ownNode(left) ? right : left;
    }
    return node;
  }

  /** Of a leaf that is the first difference or to its left. Elsewhere only in a list that was handed over whole. Errors: RangeError where a sibling was not seen. */
  path(index: number, height = 0): Hash[] {
    const siblings: Hash[] = [];
    const top = topOf(this.#count);
    for (let h = height, place = index; h < top; h++, place = Math.floor(place / 2)) siblings.push(this.node({ height: h, index: place ^ 1 }));
    return siblings;
  }

  node(node: Node): Hash {
    const known = this.#known(node);
    if (known !== undefined) return known;
    const difference = this.firstDifference();
    // Left of the first difference both lists agree, and so do the zeros beyond the end of a level.
    const agreed = difference === null || (node.index + 1) * 2 ** node.height <= difference.index * 2 ** difference.height;
    const beyond = node.index >= (this.#own.levels[node.height]?.length ?? 0);
    if (agreed || beyond) return this.#ownNode(node);
    throw new RangeError(`node ${node.index} at height ${node.height} was not seen`);
  }

  #known(node: Node): Hash | undefined {
    return this.#nodes.get(key(node.height, node.index));
  }

  #ownNode(node: Node): Hash {
    return this.#own.node(node.height, node.index);
  }
}

const key = (height: number, index: number) => `${height}/${index}`;
