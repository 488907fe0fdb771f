/** The hash of a state: what a checkpoint, a proposal and G_r are called by (SPEC H3, H4). */
import { sha256 } from '@noble/hashes/sha2.js';
import type { Bits } from '#engine/program/executor.ts';
import { merkleRoot } from '#engine/program/merkle.ts';
import { bitsToBytes, u32be } from './bytes.ts';
import { toHash } from './hex.ts';
import type { Hash } from './jobSpec.ts';

const LEAF_BYTES = 1024;
/** Slot of G_r, and step of a proposal. */
export const NONE = 0xffffffff;

/** Words of the header, in order: where in the job this state stands. */
export interface StatePlace {
  readonly round: number;
  /** NONE for G_r. */
  readonly slot: number;
  /** Steps done in this round; NONE for a proposal (T6). */
  readonly step: number;
}

/** SHA-256 of each 1024-byte piece, the last padded with zero bytes. */
export function tensorLeaves(bits: Bits): Uint8Array[] {
  const bytes = bitsToBytes(bits);
  const leaves: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += LEAF_BYTES) {
    const piece = bytes.subarray(start, start + LEAF_BYTES);
    if (piece.length === LEAF_BYTES) {
      leaves.push(sha256(piece));
    } else {
      const padded = new Uint8Array(LEAF_BYTES);
      padded.set(piece);
      leaves.push(sha256(padded));
    }
  }
  return leaves;
}

export function tensorRoot(bits: Bits): Uint8Array {
  return merkleRoot(tensorLeaves(bits));
}

/** First leaf of a state's tree. */
export function headerHash(place: StatePlace, tensorCount: number): Uint8Array {
  return sha256(u32be(place.round, place.slot, place.step, tensorCount));
}

/** H4 of tensors in their order. */
export function stateRoot(place: StatePlace, tensors: readonly Bits[]): Hash {
  return toHash(merkleRoot([headerHash(place, tensors.length), ...tensors.map(tensorRoot)]));
}
