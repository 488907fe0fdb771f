/**
 * SHA-256, synchronous (SPEC H1): by WebAssembly once that is compiled, several times as fast as script on the 1024-byte
 * leaves of tensors; until then, and where a page may not compile any, by script.
 */
import { sha256 as sha256ByScript } from '@noble/hashes/sha2.js';
import { createSHA256, type IHasher } from 'hash-wasm';

let compiled: IHasher | null = null;
// Nobody waits for it: a worker that stands still at its start loses the messages that come meanwhile.
void createSHA256().then(
  (hasher) => {
    compiled = hasher;
  },
  () => undefined,
);

/** 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return compiled ? compiled.init().update(bytes).digest('binary') : sha256ByScript(bytes);
}
