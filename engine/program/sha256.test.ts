import { sha256 as sha256ByScript } from '@noble/hashes/sha2.js';
import { createSHA256 } from 'hash-wasm';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from './sha256.ts';

describe('H1 SHA-256', () => {
  // Compiled once for all: what this waits for is what the module waits for.
  beforeAll(() => createSHA256());

  test('of "abc", as FIPS 180-4 has it', () => {
    expect(Buffer.from(sha256(new TextEncoder().encode('abc'))).toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  test('WebAssembly and script agree on anything, and a hash that was given stays as it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.uint8Array({ maxLength: 100 }), (bytes, others) => {
        const hash = sha256(bytes);
        sha256(others);
        expect(hash).toEqual(sha256ByScript(bytes));
      }),
    );
  });
});
