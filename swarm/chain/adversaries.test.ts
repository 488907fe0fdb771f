import { type Abi, type AbiParameter, decodeFunctionData, encodeFunctionData, getAbiItem, type Hex } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareCase } from '#swarm/dispute/testing/disputeCases.ts';
import { disputeAbi } from './encodeMove.ts';
import { type GamesOnAnvil, PARTIES, type SentMove, startGames } from './testing/gamesOnAnvil.ts';

let games: GamesOnAnvil;
beforeAll(async () => {
  games = await startGames();
});
afterAll(() => games.stop());

/** The value with one more hash at the end of each list of hashes, at any depth. */
function stretched(parameter: AbiParameter, value: unknown): unknown {
  if (parameter.type === 'bytes32[]') return [...(value as readonly Hex[]), `0x${'00'.repeat(32)}`];
  if (parameter.type.endsWith(']'))
    return (value as readonly unknown[]).map((item) => stretched({ ...parameter, type: parameter.type.slice(0, parameter.type.lastIndexOf('[')) }, item));
  if (!('components' in parameter)) return value;
  return Object.fromEntries(parameter.components.map((part) => [part.name, stretched(part, (value as Record<string, unknown>)[part.name ?? ''])]));
}

/** The same move with every proof one sibling too long; null where it has none. */
function overlong(data: Hex): Hex | null {
  const abi: Abi = disputeAbi;
  const { functionName, args = [] } = decodeFunctionData({ abi, data });
  if (functionName === 'multicall') {
    const calls = args[0] as readonly Hex[];
    const longer = calls.map(overlong);
    return longer.every((call) => call === null) ? null : encodeFunctionData({ abi, functionName, args: [longer.map((call, k) => call ?? calls[k])] });
  }
  const item = getAbiItem({ abi, name: functionName });
  const inputs = item?.type === 'function' ? item.inputs : [];
  const result = encodeFunctionData({ abi, functionName, args: inputs.map((input, k) => stretched(input, args[k])) });
  return result === data ? null : result;
}

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

  test('a proof that is one hash too long is refused at every move that has one, withheld hashes or not', async () => {
    for (const [lie, seed] of [
      ['wrong value', 24],
      ['withholds hashes', 2],
    ] as const) {
      const lyingSolver = await prepareCase(lie, seed, PARTIES);
      const taken: boolean[] = [];
      const before = async ({ side, data }: SentMove) => {
        const longer = overlong(data);
        if (longer) taken.push(await games.tries(side, longer));
      };
      expect((await games.play(lyingSolver, { before })).winner).toBe('challenger');
      expect(taken.length).toBeGreaterThan(2);
      expect(taken).not.toContain(true);
    }
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
