/** Merkle trees over SHA-256 (SPEC H2). Synchronous: WebCrypto is 25 times slower on 64-byte nodes. */
import { sha256 } from './sha256.ts';

/** Any list of 32-byte hashes. */
export type Leaves = readonly Uint8Array[];

const ZERO: Uint8Array = new Uint8Array(32);

function parent(left: Uint8Array, right: Uint8Array): Uint8Array {
  const both = new Uint8Array(64);
  both.set(left, 0);
  both.set(right, 32);
  return sha256(both);
}

function levelAbove(level: Leaves): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let k = 0; k < level.length; k += 2) above.push(parent(level[k] as Uint8Array, level[k + 1] ?? ZERO));
  return above;
}

/** 32 bytes. One leaf is its own root; no leaves give 32 zero bytes. */
export function merkleRoot(leaves: Leaves): Uint8Array {
  let level: Leaves = leaves;
  while (level.length > 1) level = levelAbove(level);
  return level[0] ?? ZERO.slice();
}

/** Siblings from the leaf up. Errors: RangeError where there is no such leaf. */
export function merkleProof(leaves: Leaves, index: number): Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError(`leaf ${index} of ${leaves.length} does not exist`);
  const siblings: Uint8Array[] = [];
  let level: Leaves = leaves;
  for (let place = index; level.length > 1; place >>>= 1) {
    siblings.push(level[place ^ 1] ?? ZERO);
    level = levelAbove(level);
  }
  return siblings;
}

/** True when `leaf` stands at `index` of the `count` leaves under `root`. The path must have exactly the tree's height. */
export function verifyMerkleProof(root: Uint8Array, leaf: Uint8Array, index: number, count: number, proof: Leaves): boolean {
  if (!Number.isInteger(index) || index < 0 || index >= count || leaf.length !== 32 || root.length !== 32) return false;
  let node = leaf;
  let place = index;
  let width = count;
  for (const sibling of proof) {
    if (width <= 1 || sibling.length !== 32) return false;
    // The last node of an odd level stands beside a zero node, and beside nothing else, as the contract has it.
    if (place === width - 1 && place % 2 === 0 && sibling.some((byte) => byte !== 0)) return false;
    node = place % 2 === 0 ? parent(node, sibling) : parent(sibling, node);
    place = Math.floor(place / 2);
    width = Math.ceil(width / 2);
  }
  return width === 1 && node.every((byte, k) => byte === root[k]);
}
