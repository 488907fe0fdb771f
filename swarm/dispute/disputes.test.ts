import { describe, expect, test } from 'vitest';
import { validateProgram } from '#engine/program/validateProgram.ts';
import { playCase } from './testing/disputeCases.ts';
import { randomRound } from './testing/disputeMaterial.ts';
import { LIES } from './testing/lies.ts';
import { MOVES } from './transitions.ts';

const CASES = 4;
const played = new Set<string>();

describe('the honest side wins (SPEC D6 to D13)', () => {
  test.each(LIES)('against: %s', async (kind) => {
    for (let k = 0; k < CASES; k++) {
      const result = await playCase(kind, 1000 * k + LIES.indexOf(kind));
      expect(result.winner, `case ${k}: ${result.why}`).toBe(result.honest);
      // The long ones are those where nothing was handed over, and every list is walked on chain.
      expect(result.transactions).toBeLessThanOrEqual(40);
      const oneShot = result.honest === 'challenger' && !result.moves.includes('demand') && !result.moves.includes('askCheckpoint');
      if (oneShot) expect(result.transactions).toBeLessThanOrEqual(7);
      for (const move of result.moves) played.add(move);
    }
  });

  test('the cases above have played every move of the table (D6)', () => {
    expect([...played].sort()).toEqual([...MOVES].sort());
  });

  test('the random Programs of these cases are ones that validation admits (P3)', () => {
    for (let seed = 1; seed <= 12; seed++) validateProgram(randomRound(seed, { watched: seed % 2 === 0 }).program);
  });
});
