/** Which rows a step trains on (SPEC T1): a keyed permutation of every epoch, without a list, the same for everyone. */
import { sha256 } from '@noble/hashes/sha2.js';
import { u32be } from '#swarm/protocol/bytes.ts';
import { hashBytes } from '#swarm/protocol/hex.ts';
import type { Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';

const FEISTEL_ROUNDS = 4;

/** Two u32 words a Feistel round: SHA-256(seed || u64be epoch), read as big-endian words. */
export function epochKeys(seed: Hash, epoch: number): Uint32Array {
  const message = new Uint8Array(40);
  message.set(hashBytes(seed), 0);
  message.set(u32be(Math.floor(epoch / 2 ** 32), epoch % 2 ** 32), 32);
  const digest = new DataView(sha256(message).buffer);
  return Uint32Array.from({ length: 2 * FEISTEL_ROUNDS }, (_, k) => digest.getUint32(k * 4));
}

/** MurmurHash3's 32-bit finaliser: integer operations only, cheap in a contract too. */
function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * Bijection of 0..rows-1. The domain is the smallest power of four that holds them; results outside are walked on.
 * `rows` at most 2^31.
 */
export function permuteRow(keys: Uint32Array, index: number, rows: number): number {
  let halfBits = 1;
  while (4 ** halfBits < rows) halfBits++;
  const mask = 2 ** halfBits - 1;
  let value = index;
  do {
    let left = value >>> halfBits;
    let right = value & mask;
    for (let k = 0; k < FEISTEL_ROUNDS; k++) {
      const next = (left ^ mix(((right + (keys[2 * k] as number)) ^ (keys[2 * k + 1] as number)) >>> 0)) & mask;
      left = right;
      right = next;
    }
    value = ((left << halfBits) | right) >>> 0;
  } while (value >= rows);
  return value;
}

export type SampleOrder = Pick<JobSpec, 'seed' | 'slots' | 'stepsPerRound' | 'batch'>;

/** Rows of one step's batch, in batch order. `rows` is the dataset's row count. */
export function sampleRows(order: SampleOrder, rows: number, round: number, slot: number, step: number): Uint32Array {
  const { seed, slots, stepsPerRound, batch } = order;
  const first = ((round * slots + slot) * stepsPerRound + step) * batch;
  let epoch = -1;
  let keys: Uint32Array = new Uint32Array(0);
  return Uint32Array.from({ length: batch }, (_, b) => {
    const place = first + b;
    if (Math.floor(place / rows) !== epoch) {
      epoch = Math.floor(place / rows);
      keys = epochKeys(seed, epoch);
    }
    return permuteRow(keys, place % rows, rows);
  });
}
