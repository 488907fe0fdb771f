import type { Hex } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareCase } from '#swarm/dispute/testing/disputeCases.ts';
import { type GamesOnAnvil, PARTIES, type SentMove, startGames } from './testing/gamesOnAnvil.ts';

let games: GamesOnAnvil;
beforeAll(async () => {
  games = await startGames();
});
afterAll(() => games.stop());

/** The call without its last word. */
const truncated = (data: Hex): Hex => data.slice(0, -64) as Hex;
describe('adversaries at the deployed game (SPEC D)', () => {
  test('a call that is cut short is refused at every move, and leaves no trace: the same move whole is taken', async () => {
    const lyingSolver = await prepareCase('wrong value', 21, PARTIES);
    const taken: boolean[] = [];
    const before = async ({ side, data }: SentMove) => {
      taken.push(await games.tries(side, truncated(data)));
    };
    const { winner, transactions } = await games.play(lyingSolver, { before });
    expect(winner).toBe('challenger');
    expect(taken).toHaveLength(transactions);
    expect(taken).not.toContain(true);
  });

  test('a replayed move is refused, also once the game is over (D10)', async () => {
    const lyingSolver = await prepareCase('wrong order', 7, PARTIES);
    const { winner, sent } = await games.play(lyingSolver);
    expect(winner).toBe('challenger');
    for (const { side, data } of sent) expect(await games.tries(side, data)).toBe(false);
  });

  test("somebody who sends a player's move first, from another account, is refused, and the player's own counts (D6)", async () => {
    const lyingSolver = await prepareCase('wrong value', 22, PARTIES);
    const taken: boolean[] = [];
    const before = async ({ side, data }: SentMove) => {
      taken.push(await games.tries(side === 'challenger' ? 'defender' : 'challenger', data));
    };
    expect((await games.play(lyingSolver, { before })).winner).toBe('challenger');
    expect(taken).not.toContain(true);
  });

  test('the chain is reorganised after each of the first moves: the players go on from the new head, and the honest one wins', async () => {
    const lyingSolver = await prepareCase('wrong value', 23, PARTIES);
    expect((await games.play(lyingSolver, { reorganised: 4 })).winner).toBe('challenger');
  });

  test('an honest solver under several challengers, one after the other, wins every game and is the richer for it (D11)', async () => {
    for (const seed of [5, 16, 31]) {
      const griefer = await prepareCase('lying challenger', seed, PARTIES);
      expect((await games.play(griefer)).winner).toBe('defender');
    }
  });
});
