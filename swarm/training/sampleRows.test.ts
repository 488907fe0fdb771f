import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { epochKeys, permuteRow, sampleRows } from './sampleRows.ts';

const seed: Hash = `0x${'1f'.repeat(32)}`;

/** The same permutation in big integers, whole tables at a time: slow, and written from the rule alone. */
function slowPermutation(epoch: number, rows: number): number[] {
  const digest = createHash('sha256')
    .update(Buffer.concat([Buffer.from('1f'.repeat(32), 'hex'), Buffer.from(epoch.toString(16).padStart(16, '0'), 'hex')]))
    .digest();
  const word = 2n ** 32n;
  const mix = (start: bigint) => {
    let x = start;
    x = ((x ^ (x >> 16n)) * 0x85ebca6bn) % word;
    x = ((x ^ (x >> 13n)) * 0xc2b2ae35n) % word;
    return x ^ (x >> 16n);
  };
  let bits = 1n;
  while (4n ** bits < BigInt(rows)) bits++;
  const side = 2n ** bits;
  const once = (value: bigint) => {
    let [left, right] = [value / side, value % side];
    for (let k = 0; k < 4; k++) {
      const added = (right + BigInt(digest.readUInt32BE(8 * k))) % word;
      [left, right] = [right, (left ^ mix(added ^ BigInt(digest.readUInt32BE(8 * k + 4)))) % side];
    }
    return left * side + right;
  };
  return Array.from({ length: rows }, (_, index) => {
    let value = once(BigInt(index));
    while (value >= rows) value = once(value);
    return Number(value);
  });
}

describe('T1 order of rows', () => {
  test('T1 equals the slow reference', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat({ max: 2 ** 40 }), (rows, epoch) => {
        const keys = epochKeys(seed, epoch);
        expect(Array.from({ length: rows }, (_, index) => permuteRow(keys, index, rows))).toEqual(slowPermutation(epoch, rows));
      }),
      { numRuns: 30 },
    );
  });

  test('T1 every epoch is a permutation, for every size', () => {
    for (const rows of [1, 2, 3, 4, 5, 16, 17, 63, 64, 65, 1000, 4096, 4097]) {
      const keys = epochKeys(seed, rows % 3);
      const seen = new Set(Array.from({ length: rows }, (_, index) => permuteRow(keys, index, rows)));
      expect(seen.size).toBe(rows);
      expect(Math.max(...seen)).toBe(rows - 1);
    }
  });

  test('T1 large sizes stay in range and distinct', () => {
    const rows = 2 ** 31 - 1;
    const keys = epochKeys(seed, 0);
    const rowsSeen = Array.from({ length: 2000 }, (_, index) => permuteRow(keys, rows - 1 - index, rows));
    expect(rowsSeen.every((row) => Number.isInteger(row) && row >= 0 && row < rows)).toBe(true);
    expect(new Set(rowsSeen).size).toBe(2000);
  });

  test('T1 within an epoch all slots and steps are disjoint, and together they see every row', () => {
    const order = { seed, slots: 3, stepsPerRound: 5, batch: 4 };
    const rows = 2 * 3 * 5 * 4;
    const all: number[] = [];
    for (let round = 0; round < 2; round++) {
      for (let slot = 0; slot < 3; slot++) {
        for (let step = 0; step < 5; step++) all.push(...sampleRows(order, rows, round, slot, step));
      }
    }
    expect(new Set(all).size).toBe(rows);
  });

  test('T1 epochs, seeds and slots have different orders; a batch may cross an epoch', () => {
    const order = { seed, slots: 2, stepsPerRound: 3, batch: 7 };
    const first = Array.from({ length: 10 }, (_, index) => permuteRow(epochKeys(seed, 0), index, 10));
    const second = Array.from({ length: 10 }, (_, index) => permuteRow(epochKeys(seed, 1), index, 10));
    expect(first).not.toEqual(second);
    expect([...sampleRows(order, 10, 0, 0, 1)]).toEqual([...first.slice(7), ...second.slice(0, 4)]);
    const other: Hash = `0x${'2f'.repeat(32)}`;
    expect([...sampleRows({ ...order, seed: other }, 1000, 0, 0, 0)]).not.toEqual([...sampleRows(order, 1000, 0, 0, 0)]);
  });

  test('T1 golden rows: the rule does not drift', () => {
    expect([...sampleRows({ seed, slots: 2, stepsPerRound: 10, batch: 8 }, 8000, 3, 1, 7)]).toEqual([5904, 2349, 6082, 2478, 6463, 2385, 7298, 4124]);
  });
});
