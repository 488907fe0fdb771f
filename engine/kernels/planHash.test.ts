import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bitsToBytes, bytesToBits } from '#engine/program/bitsToBytes.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import { LEAF_WORDS, tensorRoot } from '#engine/program/tensorRoot.ts';
import { type HashPlan, NODE_WORDS, planHash } from './planHash.ts';
import { SHA256_WGSL } from './sha256.wgsl.ts';

/** What sha256.wgsl.ts does with the plan's passes. */
function execute({ passes, nodes }: HashPlan, tensors: Uint32Array): Uint32Array {
  const made = new Uint32Array(nodes * NODE_WORDS);
  for (const { pieceWords, ranges } of passes) {
    const source = pieceWords === LEAF_WORDS ? tensors : made;
    for (const { offset, words, into } of ranges) {
      for (let k = 0; k * pieceWords < words; k++) {
        const piece = new Uint32Array(pieceWords);
        piece.set(source.slice(offset + k * pieceWords, offset + Math.min(words, (k + 1) * pieceWords)));
        made.set(bytesToBits(sha256(bitsToBytes(piece))), (into + k) * NODE_WORDS);
      }
    }
  }
  return made;
}

const anySizes = fc.array(fc.oneof(fc.constantFrom(0, 1, 255, 256, 257, 511, 512, 513), fc.nat({ max: 5000 })), { maxLength: 12 });

test('H2, H3 the passes of a plan give the root of each tensor, however short they are', () => {
  fc.assert(
    fc.property(anySizes, fc.integer({ min: 1, max: 600 }), (sizes, mostBlocks) => {
      let at = 3;
      const stretches = sizes.map((words) => ({ offset: (at += words) - words, words }));
      const words = new RandomWords(at).integers(at + 5);
      const plan = planHash(stretches, mostBlocks);
      const made = execute(plan, words);
      const roots = stretches.map((_, k) => bitsToBytes(made.slice(k * NODE_WORDS, (k + 1) * NODE_WORDS)));
      expect(roots).toEqual(stretches.map(({ offset, words: count }) => tensorRoot(words.subarray(offset, offset + count))));
      for (const { blocks, pieces } of plan.passes) expect(blocks <= mostBlocks || pieces === 1).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('H3 a state of 16 GiB is in dispatches that every device takes', () => {
  const { passes } = planHash([{ offset: 0, words: 2 ** 32 }], Number.POSITIVE_INFINITY);
  expect(Math.max(...passes.map(({ pieces }) => Math.ceil(pieces / 64)))).toBe(65_535);
});

test('H3 many tensors are a dispatch a level', () => {
  const { passes } = planHash(
    Array.from({ length: 400 }, (_, k) => ({ offset: k * 1024, words: 1024 })),
    Number.POSITIVE_INFINITY,
  );
  expect(passes.map(({ pieces }) => pieces)).toEqual([1600, 800, 400]);
});

test('H1 the shader that hashes is whole numbers alone', () => {
  expect(SHA256_WGSL).not.toMatch(/f32|f16|\d\.|\.\d|\d[fh]\b/);
});
