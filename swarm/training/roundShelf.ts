/**
 * The newest checkpoint of a round that is being trained, kept where a reload does not reach, so that the round goes on from
 * there. One entry a round; whatever is damaged or of another round is not used.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { Bits } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import { u32be } from '#swarm/protocol/bytes.ts';
import { hashBytes, toHash } from '#swarm/protocol/hex.ts';
import type { Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';
import { MAX_SEGMENTS } from '#swarm/protocol/limits.ts';
import { encodeJobSpec } from '#swarm/protocol/parseJobSpec.ts';
import { decodeState, encodeTensors } from './globalState.ts';

/** Bytes by name. OPFS in tabs, memory in tests. */
export interface RoundShelf {
  /** Takes the place of what the name had: all or nothing. May fail (a full disk): the round goes on. */
  put(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  get(name: string): Promise<Uint8Array | null>;
  remove(name: string): Promise<void>;
}

export interface KeptRound {
  /** Of checkpoints 0 to the newest. */
  readonly roots: readonly Hash[];
  /** At the newest checkpoint, in the order of `program.state`. */
  readonly state: readonly Bits[];
}

const HASH_BYTES = 32;

/** A round is a pure function of what the spec names and of G_r: the same name may stand for the same round of two jobs. */
export function shelfName(spec: JobSpec, round: number, slot: number): string {
  return `${toHash(sha256(encodeJobSpec(spec))).slice(2)}-${round}-${slot}`;
}

/** u32 big-endian count of roots, the roots, the state's tensors, and SHA-256 of all that. */
export function encodeKeptRound({ roots, state }: KeptRound): Uint8Array<ArrayBuffer> {
  const tensors = encodeTensors(state);
  const bytes = new Uint8Array(4 + roots.length * HASH_BYTES + tensors.length + HASH_BYTES);
  bytes.set(u32be(roots.length), 0);
  roots.forEach((root, k) => bytes.set(hashBytes(root), 4 + k * HASH_BYTES));
  bytes.set(tensors, 4 + roots.length * HASH_BYTES);
  bytes.set(sha256(bytes.subarray(0, -HASH_BYTES)), bytes.length - HASH_BYTES);
  return bytes;
}

/** Null where the bytes are not whole. */
export function decodeKeptRound(program: Program, bytes: Uint8Array): KeptRound | null {
  const end = bytes.length - HASH_BYTES;
  if (end < 4 || toHash(sha256(bytes.subarray(0, end))) !== toHash(bytes.subarray(end))) return null;
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const stateAt = 4 + count * HASH_BYTES;
  if (count === 0 || count > MAX_SEGMENTS + 1 || stateAt > end) return null;
  const roots = Array.from({ length: count }, (_, k) => toHash(bytes.subarray(4 + k * HASH_BYTES, 4 + (k + 1) * HASH_BYTES)));
  try {
    return { roots, state: decodeState(program, bytes.subarray(stateAt, end)) };
  } catch {
    return null;
  }
}

/** For tests, and for tabs without a disk: it outlives an engine, not a reload. */
export function memoryShelf(): RoundShelf {
  const kept = new Map<string, Uint8Array>();
  return {
    async put(name, bytes) {
      kept.set(name, bytes.slice());
    },
    async get(name) {
      return kept.get(name) ?? null;
    },
    async remove(name) {
      kept.delete(name);
    },
  };
}
