/** What an auditor computes, and how it binds itself to it before the solver opens (SPEC A3). */
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { hashBytes, toHash } from './hex.ts';
import type { Address, Hash } from './jobSpec.ts';

/** Target of segment c: root of checkpoint c + 1; for the last segment (`end`) bound to the proposal as well. */
export function auditTarget(nextRoot: Hash, end: { readonly proposalRoot: Hash } | null): Hash {
  if (end === null) return nextRoot;
  const all = new Uint8Array(64);
  [nextRoot, end.proposalRoot].forEach((hash, k) => all.set(hashBytes(hash), 32 * k));
  return toHash(sha256(all));
}

export interface Attestation {
  readonly target: Hash;
  readonly salt: Hash;
  readonly auditor: Address;
  readonly job: bigint;
  readonly round: number;
  readonly slot: number;
  readonly attempt: number;
}

/** One 32-byte word of `abi.encode`, left-padded. */
function word(value: bigint): Uint8Array {
  if (value < 0n || value >= 1n << 256n) throw new RangeError(`${value} is not a uint256`);
  const bytes = new Uint8Array(32);
  for (let k = 31, rest = value; rest > 0n; k--, rest >>= 8n) bytes[k] = Number(rest & 0xffn);
  return bytes;
}

/** keccak256(abi.encode(bytes32 target, bytes32 salt, address auditor, uint job, uint round, uint slot, uint attempt)). */
export function attestationHash(attestation: Attestation): Hash {
  const { target, salt, auditor, job, round, slot, attempt } = attestation;
  const words = [hashBytes(target), hashBytes(salt), word(BigInt(auditor)), word(job), word(BigInt(round)), word(BigInt(slot)), word(BigInt(attempt))];
  const bytes = new Uint8Array(words.length * 32);
  words.forEach((item, k) => bytes.set(item, k * 32));
  return toHash(keccak_256(bytes));
}
