import { createHash, webcrypto } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeAbiParameters, keccak256 } from 'viem';
import { bitsToBytes, bytesToBits } from '#engine/program/bitsToBytes.ts';
import { merkleProof, merkleRoot, verifyMerkleProof } from '#engine/program/merkle.ts';
import { tensorRoot } from '#engine/program/tensorRoot.ts';
import { attestationHash, auditTarget } from './attestation.ts';
import { u32be } from './bytes.ts';
import { checkpointSalt, checkpointsRoot, openCheckpoint, verifyOpening } from './checkpointTree.ts';
import { hashBytes, toHash } from './hex.ts';
import type { Hash } from './jobSpec.ts';
import { NONE, stateRoot } from './stateRoot.ts';

const sha = (...parts: Uint8Array[]) => new Uint8Array(createHash('sha256').update(Buffer.concat(parts)).digest());
const leaf = (k: number) => sha(Uint8Array.of(k));
const anyHash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHash);

describe('H2 Merkle', () => {
  test('H2 no leaves give zero, one leaf is its own root, odd levels get one zero node', () => {
    expect(merkleRoot([])).toEqual(new Uint8Array(32));
    expect(merkleRoot([leaf(1)])).toEqual(leaf(1));
    const zero = new Uint8Array(32);
    expect(merkleRoot([leaf(1), leaf(2), leaf(3)])).toEqual(sha(sha(leaf(1), leaf(2)), sha(leaf(3), zero)));
  });

  test('H2 every leaf of every size proves itself, and only at its own place', () => {
    for (let count = 1; count <= 17; count++) {
      const leaves = Array.from({ length: count }, (_, k) => leaf(k));
      const root = merkleRoot(leaves);
      leaves.forEach((item, index) => {
        const proof = merkleProof(leaves, index);
        expect(verifyMerkleProof(root, item, index, count, proof)).toBe(true);
        expect(verifyMerkleProof(root, leaf(99), index, count, proof)).toBe(false);
        expect(verifyMerkleProof(root, item, index, count, [...proof, leaf(0)])).toBe(false);
        if (count > 1) expect(verifyMerkleProof(root, item, (index + 1) % count, count, proof)).toBe(false);
        if (count > 1) expect(verifyMerkleProof(root, item, index, count, proof.slice(1))).toBe(false);
      });
    }
  });

  test('H2 a tree padded with anything but zero is not one, though its path adds up', () => {
    const left = sha(Buffer.concat([leaf(1), leaf(2)]));
    const right = sha(Buffer.concat([leaf(3), leaf(9)]));
    const root = sha(Buffer.concat([left, right]));
    expect(verifyMerkleProof(root, leaf(3), 2, 4, [leaf(9), left])).toBe(true);
    expect(verifyMerkleProof(root, leaf(3), 2, 3, [leaf(9), left])).toBe(false);
  });
});

describe('H3, H4 state roots', () => {
  test('H1 words are little-endian bytes, headers big-endian', () => {
    expect([...bitsToBytes(Uint32Array.of(0x01020304))]).toEqual([4, 3, 2, 1]);
    expect([...u32be(0x01020304)]).toEqual([1, 2, 3, 4]);
    fc.assert(
      fc.property(fc.uint32Array({ maxLength: 40 }), (words) => {
        expect(bytesToBits(bitsToBytes(words).slice())).toEqual(words);
      }),
    );
  });

  test('H3 by hand: 257 words are one full leaf and one padded with zero bytes', async () => {
    const words = Uint32Array.from({ length: 257 }, (_, k) => k * 2654435761);
    const bytes = bitsToBytes(words);
    const padded = new Uint8Array(1024);
    padded.set(bytes.subarray(1024));
    const expected = sha(sha(bytes.subarray(0, 1024)), sha(padded));
    expect(tensorRoot(words)).toEqual(expected);
    expect(new Uint8Array(await webcrypto.subtle.digest('SHA-256', Buffer.concat([sha(bytes.subarray(0, 1024)), sha(padded)])))).toEqual(expected);
  });

  test('H4 by hand: header, then tensors in order', () => {
    const one = Uint32Array.of(1, 2, 3);
    const two = Uint32Array.of(4);
    const header = sha(u32be(5, NONE, 0, 2));
    expect(stateRoot({ round: 5, slot: NONE, step: 0 }, [one, two])).toBe(toHash(merkleRoot([header, tensorRoot(one), tensorRoot(two)])));
  });

  test('H4 one bit anywhere changes the root: of a weight, of the round, slot or step', () => {
    const word = fc.nat({ max: 599 });
    fc.assert(
      fc.property(word, fc.nat({ max: 31 }), (index, bit) => {
        const tensors = [new Uint32Array(100), new Uint32Array(500)];
        const place = { round: 1, slot: 2, step: 3 };
        const before = stateRoot(place, tensors);
        const target = index < 100 ? tensors[0] : tensors[1];
        if (target) target[index < 100 ? index : index - 100] = 1 << bit;
        expect(stateRoot(place, tensors)).not.toBe(before);
      }),
      { numRuns: 50 },
    );
    const tensors = [Uint32Array.of(7)];
    const roots = [
      [1, 2, 3],
      [0, 2, 3],
      [1, 3, 3],
      [1, 2, 4],
    ].map(([round, slot, step]) => stateRoot({ round: round as number, slot: slot as number, step: step as number }, tensors));
    expect(new Set(roots).size).toBe(4);
  });
});

describe('R4 sealed checkpoints', () => {
  const roots = Array.from({ length: 6 }, (_, k) => toHash(leaf(k)));
  const secret = leaf(200);
  const salts = roots.map((_, checkpoint) => checkpointSalt(secret, { job: 3n, round: 1, slot: 2, checkpoint }));

  test('R4 each checkpoint opens under the committed root; a changed part does not', () => {
    const root = checkpointsRoot(roots, salts);
    roots.forEach((_, checkpoint) => {
      const opening = openCheckpoint(roots, salts, checkpoint);
      expect(verifyOpening(root, 5, opening)).toBe(true);
      expect(verifyOpening(root, 5, { ...opening, root: toHash(leaf(77)) })).toBe(false);
      expect(verifyOpening(root, 5, { ...opening, salt: toHash(leaf(77)) })).toBe(false);
      expect(verifyOpening(root, 5, { ...opening, checkpoint: (checkpoint + 1) % 6 })).toBe(false);
      expect(verifyOpening(root, 9, opening)).toBe(false);
    });
  });

  test('R4 salts follow from the secret and the place alone, and differ between places', () => {
    const place = { job: 3n, round: 1, slot: 2, checkpoint: 0 };
    expect(checkpointSalt(secret, place)).toBe(salts[0]);
    const others = [
      { ...place, job: 31n },
      { ...place, round: 12 },
      { ...place, slot: 1 },
      { ...place, checkpoint: 7 },
    ].map((other) => checkpointSalt(secret, other));
    expect(new Set([...others, ...salts, checkpointSalt(leaf(201), place)]).size).toBe(11);
  });
});

describe('A3 targets and attestations', () => {
  test('A3 the last segment binds the proposal as well', () => {
    const root = toHash(leaf(1));
    expect(auditTarget(root, null)).toBe(root);
    expect(auditTarget(root, { proposalRoot: toHash(leaf(2)) })).toBe(toHash(sha(leaf(1), leaf(2))));
  });

  test('A3 equals keccak256(abi.encode(...)) as the contract computes it', () => {
    const types = ['bytes32', 'bytes32', 'address', 'uint256', 'uint256', 'uint256', 'uint256'].map((type) => ({ type }));
    const account = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes): Hash => `0x${Buffer.from(bytes).toString('hex')}`);
    const index = fc.nat({ max: 100_000 });
    fc.assert(
      fc.property(anyHash, anyHash, account, fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), index, index, index, (target, salt, auditor, job, round, slot, attempt) => {
        const expected = keccak256(encodeAbiParameters(types, [target, salt, auditor, job, BigInt(round), BigInt(slot), BigInt(attempt)]));
        expect(attestationHash({ target, salt, auditor, job, round, slot, attempt })).toBe(expected);
      }),
      { numRuns: 50 },
    );
  });

  test('H1 hashes convert both ways, and nothing but 32 bytes is one', () => {
    fc.assert(
      fc.property(anyHash, (hash) => {
        expect(toHash(hashBytes(hash))).toBe(hash);
      }),
    );
    expect(() => toHash(new Uint8Array(31))).toThrow('32 bytes');
    expect(() => hashBytes('0x00')).toThrow('32 bytes');
  });
});
