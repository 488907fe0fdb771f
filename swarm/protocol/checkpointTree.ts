/** Sealed checkpoint roots of one slot's round (SPEC R4): one root is committed, single checkpoints are opened. */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { merkleProof, merkleRoot, verifyMerkleProof } from '#engine/program/merkle.ts';
import { encodeJson } from './json.ts';
import { hashBytes, toHash } from './hex.ts';
import type { Hash } from './jobSpec.ts';

export interface Opening {
  readonly checkpoint: number;
  readonly root: Hash;
  readonly salt: Hash;
  /** Siblings of the sealed leaf, from the leaf up. */
  readonly path: readonly Hash[];
}

/** Where a checkpoint's salt belongs. A decimal job number, so that one secret serves all jobs. */
export interface CheckpointPlace {
  readonly job: bigint;
  readonly round: number;
  readonly slot: number;
  readonly checkpoint: number;
}

/** The same secret always gives the same salts, so a reloaded tab can still open what it committed. */
export function checkpointSalt(secret: Uint8Array, place: CheckpointPlace): Hash {
  const message = encodeJson(['tutti salt', place.job, place.round, place.slot, place.checkpoint]);
  return toHash(hmac(sha256, secret, message));
}

/** SHA-256(root || salt). */
function sealedLeaf(root: Hash, salt: Hash): Uint8Array {
  const both = new Uint8Array(64);
  both.set(hashBytes(root), 0);
  both.set(hashBytes(salt), 32);
  return sha256(both);
}

function leavesOf(roots: readonly Hash[], salts: readonly Hash[]): Uint8Array[] {
  if (roots.length !== salts.length) throw new RangeError(`${roots.length} roots need as many salts, got ${salts.length}`);
  return roots.map((root, k) => sealedLeaf(root, salts[k] as Hash));
}

/** Root over the sealed leaves 0..C. */
export function checkpointsRoot(roots: readonly Hash[], salts: readonly Hash[]): Hash {
  return toHash(merkleRoot(leavesOf(roots, salts)));
}

export function openCheckpoint(roots: readonly Hash[], salts: readonly Hash[], checkpoint: number): Opening {
  const path = merkleProof(leavesOf(roots, salts), checkpoint).map(toHash);
  return { checkpoint, root: roots[checkpoint] as Hash, salt: salts[checkpoint] as Hash, path };
}

/** True when `opening` is checkpoint `opening.checkpoint` of the `segments + 1` that `root` covers. */
export function verifyOpening(root: Hash, segments: number, opening: Opening): boolean {
  const leaf = sealedLeaf(opening.root, opening.salt);
  return verifyMerkleProof(hashBytes(root), leaf, opening.checkpoint, segments + 1, opening.path.map(hashBytes));
}
