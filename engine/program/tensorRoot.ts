/** The hash of a tensor (SPEC H3). */
import { bitsToBytes } from './bitsToBytes.ts';
import type { Bits } from './executor.ts';
import { merkleRoot } from './merkle.ts';
import { sha256 } from './sha256.ts';

/** Of one leaf: 1024 bytes. */
export const LEAF_WORDS = 256;
const LEAF_BYTES = LEAF_WORDS * 4;

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

/** 32 bytes. */
export function tensorRoot(bits: Bits): Uint8Array {
  return merkleRoot(tensorLeaves(bits));
}
