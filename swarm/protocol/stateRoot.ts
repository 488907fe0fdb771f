/** The hash of a state: what a checkpoint, a proposal and G_r are called by (SPEC H4). */
import { sha256 } from '#engine/program/sha256.ts';
import type { Bits } from '#engine/program/executor.ts';
import { merkleRoot } from '#engine/program/merkle.ts';
import { tensorRoot } from '#engine/program/tensorRoot.ts';
import { u32be } from './bytes.ts';
import { toHash } from './hex.ts';
import type { Hash } from './jobSpec.ts';

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

/** First leaf of a state's tree. */
export function headerHash(place: StatePlace, tensorCount: number): Uint8Array {
  return sha256(u32be(place.round, place.slot, place.step, tensorCount));
}

/** H4 of tensors in their order. */
export function stateRoot(place: StatePlace, tensors: readonly Bits[]): Hash {
  return stateRootOf(place, tensors.map(tensorRoot));
}

/** H4 from the tensors' roots (H3) in their order: what `Run.roots` gives. */
export function stateRootOf(place: StatePlace, roots: readonly Uint8Array[]): Hash {
  return toHash(merkleRoot([headerHash(place, roots.length), ...roots]));
}
