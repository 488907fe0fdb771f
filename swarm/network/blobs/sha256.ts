/** SHA-256 by WebCrypto, which is faster than script on large blobs. Needs a secure context in browsers. */
import { toHash } from '#swarm/protocol/hex.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';

/** H1, H5. */
export async function sha256(bytes: Uint8Array): Promise<Hash> {
  return toHash(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)));
}

export function isHash(text: unknown): text is Hash {
  return typeof text === 'string' && /^0x[0-9a-f]{64}$/.test(text);
}
