/**
 * A round whose numbers stop being finite, or whose data holds an index out of range, is a result like any other (SPEC T7):
 * everyone who runs it sees the same, so it has roots, a delta that changes nothing, and can be audited and paid.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { u32be } from '#swarm/protocol/bytes.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { StatePlace } from '#swarm/protocol/stateRoot.ts';

export interface Poison {
  /** Segment of the round in which it happened; `segments` when it happened in quantising the delta. */
  readonly segment: number;
  /** In words, for people; never hashed. */
  readonly reason: string;
}

/** 'poison\0\0' as two words, so that no state header can collide with it: those are four words. */
const MARK = [0x706f6973, 0x6f6e0000] as const;

/** Root of a checkpoint that the round did not live to reach. */
export function poisonRoot(place: StatePlace): Hash {
  return toHash(sha256(u32be(...MARK, place.round, place.slot, place.step)));
}

/** The reason where the error is one that everyone gets from the same inputs; null for a lost device, an abort, a bug. By name, since workers copy errors. */
export function poisonReason(error: unknown): string | null {
  return error instanceof Error && (error.name === 'DivergedError' || error.name === 'IndexError') ? error.message : null;
}
