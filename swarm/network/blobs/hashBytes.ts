/** SHA-256 by WebCrypto, and a hash's two spellings. Needs a secure context in browsers. */
import type { Hash } from '#swarm/protocol/jobSpec.ts';

/** H1. */
export async function hashBytes(bytes: Uint8Array): Promise<Hash> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return bytesToHash(new Uint8Array(digest));
}

export function bytesToHash(bytes: Uint8Array): Hash {
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return `0x${hex}`;
}

/** 32 bytes. Errors: not a hash. */
export function hashToBytes(hash: Hash): Uint8Array {
  if (!isHash(hash)) throw new Error(`${String(hash).slice(0, 80)} is not a hash: 0x and 64 lower-case hex digits`);
  return Uint8Array.from({ length: 32 }, (_, index) => Number.parseInt(hash.slice(2 + 2 * index, 4 + 2 * index), 16));
}

export function isHash(text: unknown): text is Hash {
  return typeof text === 'string' && /^0x[0-9a-f]{64}$/.test(text);
}
