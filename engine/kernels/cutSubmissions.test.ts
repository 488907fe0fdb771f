import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutsFromTime, cutSubmissions, firstCuts } from './cutSubmissions.ts';

test('every kernel is in one submission, in order, and no more than wanted', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { maxLength: 40 }), fc.integer({ min: 1, max: 12 }), (costs, parts) => {
      const ends = cutSubmissions(costs, parts);
      expect(ends.at(-1)).toBe(costs.length);
      expect(ends.length).toBeLessThanOrEqual(parts);
      ends.forEach((end, k) => expect(end).toBeGreaterThan(k === 0 ? -1 : (ends[k - 1] as number)));
    }),
  );
});

test('equal costs are cut evenly, and a slow step into pieces of 50 ms', () => {
  expect(cutSubmissions([1, 1, 1, 1, 1, 1], 3)).toEqual([2, 4, 6]);
  expect(cutSubmissions([100, 1, 1], 2)).toEqual([1, 3]);
  expect(cutsFromTime(20, 40)).toBe(1);
  expect(cutsFromTime(460, 40)).toBe(10);
  expect(cutsFromTime(1e6, 40)).toBe(40);
  expect(firstCuts([2 ** 20, 2 ** 20])).toBe(1);
  expect(firstCuts([2 ** 25, 2 ** 25])).toBe(2);
});
