import { describe, expect, test } from 'vitest';
import { climbTunings } from './climbTunings.ts';
import type { Tuning } from './tileMac.ts';

const guess: Tuning = { leastInvocations: 256, mostCells: 32, workgroupMemory: false, mapsInFours: false };

/** A device whose time is the further from the best, the further a tuning is from `best`. */
const deviceWith = (best: Tuning) => (candidate: Tuning, incumbent: Tuning) => {
  const timeOf = (tuning: Tuning) =>
    2 **
    (Math.abs(Math.log2(tuning.leastInvocations / best.leastInvocations)) +
      Math.abs(Math.log2(tuning.mostCells / best.mostCells)) +
      Number(tuning.workgroupMemory !== best.workgroupMemory) +
      Number(tuning.mapsInFours !== best.mapsInFours));
  return Promise.resolve(timeOf(candidate) / timeOf(incumbent));
};

describe('tunings are climbed one knob at a time', () => {
  test.each<Tuning>([
    { leastInvocations: 256, mostCells: 8, workgroupMemory: false, mapsInFours: false },
    { leastInvocations: 65_536, mostCells: 64, workgroupMemory: false, mapsInFours: true },
    { leastInvocations: 16, mostCells: 4, workgroupMemory: true, mapsInFours: true },
  ])('to $leastInvocations invocations and $mostCells cells', async (best) => {
    expect(await climbTunings(guess, deviceWith(best))).toEqual(best);
  });

  test('a gain that may be noise is none, and what may not be used is not', async () => {
    expect(await climbTunings(guess, () => Promise.resolve(0.95))).toEqual(guess);
    expect(await climbTunings(guess, () => Promise.resolve(Number.POSITIVE_INFINITY))).toEqual(guess);
  });

  test('it ends, whatever it is told', async () => {
    let asked = 0;
    const compare = (candidate: Tuning, incumbent: Tuning) => {
      asked++;
      return Promise.resolve(JSON.stringify(candidate) === JSON.stringify(incumbent) ? 1 : 0.1);
    };
    await climbTunings(guess, compare);
    expect(asked).toBeLessThan(40);
  });
});
