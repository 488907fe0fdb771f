import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareCase } from '#swarm/dispute/testing/disputeCases.ts';
import type { LieKind } from '#swarm/dispute/testing/lies.ts';
import type { DisputeView } from '#swarm/protocol/disputeView.ts';
import { type ChainClient, createChainClient } from './createChainClient.ts';
import { readDisputeView } from './readDisputeView.ts';
import { type GamesOnAnvil, PARTIES, type PlayedOnChain, startGames } from './testing/gamesOnAnvil.ts';
import { RICH_KEY } from './testing/startAnvil.ts';

let games: GamesOnAnvil;
let chain: ChainClient;
let count = 0n;
beforeAll(async () => {
  games = await startGames();
  chain = await createChainClient({ rpcUrl: games.rpcUrl, deployment: games.deployment, account: privateKeyToAccount(RICH_KEY) });
});
afterAll(() => games.stop());

async function played(kind: LieKind, seed: number): Promise<{ view: DisputeView; there: PlayedOnChain }> {
  const there = await games.play(await prepareCase(kind, seed, PARTIES));
  return { view: await readDisputeView(chain, ++count), there };
}

describe('a dispute to look at (SPEC D6)', () => {
  test.each<[LieKind, number]>([
    ['wrong order', 7],
    ['NaN', 8],
    ['denormal', 2],
    ['swapped batch rows', 9],
    ['wrong header', 11],
    ['hidden poison', 13],
    ['withholds hashes', 1],
    ['refuses to answer', 2],
    ['lying challenger', 16],
    ['reckless challenger', 5],
  ])('%s (seed %i): every move, its gas and its decoded call are those that were played', async (kind, seed) => {
    const { view, there } = await played(kind, seed);
    expect(view.winner).toBe(there.winner);
    expect([view.turn, view.phase]).toEqual([null, 'over']);
    expect(view.moves.map(({ name }) => name)).toEqual(there.moves.flatMap(({ kind: names }) => names.split(' + ')));
    const [opening, ...rest] = view.transactions;
    expect(opening?.calls.map((call) => call.function)).toEqual(['open']);
    expect(rest.map(({ gas }) => BigInt(gas))).toEqual(there.moves.map(({ gas }) => gas));
    expect(rest.reduce((sum, { calldataBytes }) => sum + calldataBytes, 0)).toBe(there.calldataBytes);
    const functions = rest.flatMap(({ calls }) => calls.map((call) => call.function.replace('faultStartHeader', 'faultStart')));
    expect(functions).toEqual(view.moves.map(({ name }) => name));
    expect(view.ruling).not.toBeNull();
    if (view.ruling?.kind === 'words') {
      const differ = view.ruling.words.some(({ solver, court }) => solver !== court);
      expect(differ).toBe(view.winner === 'challenger');
    }
    for (const { count: all, chosen } of view.walk) if (chosen !== null && all !== null) expect(chosen).toBeLessThan(all);
    // It is kept, sent and recorded as it is.
    expect(JSON.parse(JSON.stringify(view))).toEqual(view);
  });

  test('a dispute that is not there is said to be so', async () => {
    await expect(readDisputeView(chain, 999n)).rejects.toThrow('There is no dispute 999');
  });
});
