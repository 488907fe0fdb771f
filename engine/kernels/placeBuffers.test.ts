import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Lifetime, placeBuffers } from './placeBuffers.ts';

const MOMENTS = 12;
const lifetime = fc
  .record({ words: fc.integer({ min: 1, max: 300 }), begin: fc.integer({ min: 0, max: MOMENTS }), lasts: fc.integer({ min: 0, max: MOMENTS }) })
  .map(({ words, begin, lasts }): Lifetime => ({ words, begin, end: Math.min(MOMENTS, begin + lasts) }));

test('P5 buffers that are alive together share no word, begin at multiples of four and lie in one bank', () => {
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 40 }), fc.constantFrom(Infinity, 320, 448), (buffers, bank) => {
      const { offsets, words } = placeBuffers(buffers, bank);
      buffers.forEach((one, k) => {
        const from = offsets[k] as number;
        expect(from % 4).toBe(0);
        expect(from + one.words).toBeLessThanOrEqual(words);
        if (bank < Infinity) expect(Math.floor((from + one.words - 1) / bank)).toBe(Math.floor(from / bank));
        buffers.slice(0, k).forEach((other, n) => {
          const at = offsets[n] as number;
          const together = one.begin <= other.end && other.begin <= one.end;
          if (together) expect(from + one.words <= at || at + other.words <= from).toBe(true);
        });
      });
    }),
  );
});

test('P5 memory is taken again as soon as it is free, by what fits most tightly', () => {
  const chain = Array.from({ length: 30 }, (_, k): Lifetime => ({ words: 64, begin: k, end: k + 1 }));
  expect(placeBuffers(chain).words).toBe(128);
  const [large, small] = [
    { words: 100, begin: 0, end: 0 },
    { words: 40, begin: 0, end: 0 },
  ];
  const always = [1, 2].map(() => ({ words: 200, begin: 0, end: 9 }));
  const late = { words: 40, begin: 1, end: 2 };
  const { offsets, words } = placeBuffers([...always, large, small, late]);
  expect(words).toBe(540);
  expect(offsets[4]).toBe(offsets[2]);
  // Largest first, the second and the third of these would lie side by side with the others.
  const wave = [10, 8, 8.5, 9].map((quads, k): Lifetime => ({ words: quads * 8, begin: k, end: k + 1 }));
  expect(placeBuffers(wave).words).toBe(18 * 8);
  expect(placeBuffers([])).toEqual({ offsets: [], words: 0 });
});
