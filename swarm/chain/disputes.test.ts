import { BaseError, ContractFunctionRevertedError, type Hex } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gameAbi } from '#abi/gameAbi.ts';
import { prepareCase } from '#swarm/dispute/testing/disputeCases.ts';
import type { LieKind } from '#swarm/dispute/testing/lies.ts';
import { MOVES, PHASES, transitions } from '#swarm/dispute/transitions.ts';
import { encodeJobFacts } from './encodeMove.ts';
import { type GamesOnAnvil, kindOf, PARTIES, startGames } from './testing/gamesOnAnvil.ts';

let games: GamesOnAnvil;
beforeAll(async () => {
  games = await startGames();
});
afterAll(() => games.stop());

/** Kinds and seeds that between them make every move of the table. */
const CASES: readonly (readonly [LieKind, number])[] = [
  ['wrong order', 7],
  ['NaN', 8],
  ['denormal', 2],
  ['swapped batch rows', 9],
  ['state not of the trace', 10],
  ['non-zero padding', 3],
  ['wrong header', 11],
  ['wrong start', 12],
  ['hidden poison', 13],
  ['false poison', 4],
  ['risen from poison', 7],
  ['delta not of its step', 1],
  ['wrong quantisation', 2],
  ['delta of other weights', 3],
  ['delta with a wrong header', 4],
  ['delta said to be poison', 5],
  ['gift after poison', 6],
  ['root not of the outer step', 1],
  ['wrong outer step', 2],
  ['wrong outer step', 3],
  ['outer step of another delta', 4],
  ['root with a wrong header', 5],
  ['root without slots', 6],
  ['lying challenger of a root', 7],
  ['reckless challenger of a root', 8],
  ['withholds hashes', 1],
  ['withholds hashes', 2],
  ['refuses to answer', 2],
  ['answers late', 15],
  ['lying challenger', 16],
  ['reckless challenger', 5],
  ['challenger that demands everything', 6],
];
const played = new Set<string>();

describe('disputes through the contracts (SPEC D)', () => {
  test.each(CASES)('%s (seed %i): the honest side wins, and the contract agrees with TypeScript after every move', async (kind, seed) => {
    const prepared = await prepareCase(kind, seed, PARTIES);
    const { winner, maxMoveGas, moves } = await games.play(prepared);
    expect(winner).toBe(prepared.honest);
    expect(maxMoveGas).toBeLessThan(2n ** 24n);
    for (const { kind: names } of moves) for (const name of names.split(' + ')) played.add(name);
  });

  test('the games above have made every move of the table (D6)', () => {
    expect([...played].sort()).toEqual([...MOVES].sort());
  });

  test('the contract has the same table, row by row (D6)', async () => {
    const bonded = ['chooseSegment', 'openSegment'];
    const rows = transitions.map(({ phase, move, by, depth, open, next }) => {
      const bond = depth > 0 || bonded.includes(move) ? depth + 1 : 0;
      const mask = next.reduce((bits, name) => bits | (1 << PHASES.indexOf(name)), 0);
      const bytes = [PHASES.indexOf(phase), MOVES.indexOf(move), by === 'defender' ? 1 : 0, bond, open ? 1 : 0, mask >> 8, mask & 0xff];
      return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
    });
    const there = await games.client.readContract({ address: games.game, abi: gameAbi, functionName: 'tableRows' });
    expect(there.slice(2).match(/.{14}/g)).toEqual(rows);
  });

  test('only the contract that knows the commitments opens games, and only with the facts of the docket (D1)', async () => {
    const { setting, jobPath } = await prepareCase('wrong value', 1, PARTIES);
    const { job, counted, challenger: _c, defender: _d, ...rest } = setting;
    const open = (account: Hex, facts: typeof job) =>
      games.client.simulateContract({
        account,
        address: games.game,
        abi: gameAbi,
        functionName: 'open',
        args: [{ ...rest, ...kindOf(counted), ...PARTIES, segment: 0xffffffff, defenderBondWei: rest.bondWei }, encodeJobFacts(facts), jobPath as Hex[]],
      });
    const opener = await games.client.readContract({ address: games.game, abi: gameAbi, functionName: 'opener' });
    await expect(open(opener, job)).resolves.toBeDefined();
    expect(await revertOf(open(PARTIES.challenger, job))).toBe('NotTheOpener');
    expect(await revertOf(open(opener, { ...job, batch: job.batch + 1 }))).toBe('NotInDocket');
  });

  test('a game that does not exist takes no move, and no clock of it runs out (D10)', async () => {
    const { setting } = await prepareCase('wrong value', 1, PARTIES);
    const call = { address: games.game, abi: gameAbi, account: PARTIES.challenger } as const;
    expect(await revertOf(games.client.simulateContract({ ...call, functionName: 'chooseSegment', args: [99_999n, encodeJobFacts(setting.job), 0] }))).toBe('OtherFacts');
    expect(await revertOf(games.client.simulateContract({ ...call, functionName: 'timeout', args: [99_999n] }))).toBe('NoSuchGame');
  });
});

async function revertOf(call: Promise<unknown>): Promise<string | undefined> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  const reverted = error instanceof BaseError ? error.walk((cause) => cause instanceof ContractFunctionRevertedError) : null;
  return reverted instanceof ContractFunctionRevertedError ? reverted.data?.errorName : undefined;
}
