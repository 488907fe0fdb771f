/** Hashes as people and JSON see them (0x hex) and as they are hashed (bytes). */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import type { Hash } from './jobSpec.ts';

export function toHash(bytes: Uint8Array): Hash {
  if (bytes.length !== 32) throw new RangeError(`a hash has 32 bytes, not ${bytes.length}`);
  return `0x${bytesToHex(bytes)}`;
}

export function hashBytes(hash: Hash): Uint8Array {
  const bytes = hexToBytes(hash.slice(2));
  if (bytes.length !== 32) throw new RangeError(`a hash has 32 bytes, not ${bytes.length}`);
  return bytes;
}
