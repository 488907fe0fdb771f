import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readAccount } from '#swarm/chain/readAccount.ts';
import { buildTown, type Town } from './testing/town.ts';

let town: Town;
beforeEach(async () => {
  town = await buildTown();
});
afterEach(() => town.stop());

describe('a job among strangers', () => {
  test('R2, R5, A3, S1, S2: two solvers train, an auditor matches every slot, all are paid and the rest goes home', { timeout: 240_000 }, async () => {
    const requestor = await town.citizen('requestor');
    const [ada, bob, vera] = [await town.citizen('ada'), await town.citizen('bob'), await town.citizen('vera')];
    const job = await town.post(requestor);
    await town.verify(vera, job);
    await town.solve(ada, job);
    await town.solve(bob, job);
    const view = await town.until(job, 'finished', ({ phase }) => phase === 'finished', 200_000);

    if (process.env['TOWN_TALKS']) for (const { name, journal } of [requestor, ada, bob, vera]) console.log(name, journal);
    expect(view.rounds.flatMap((round) => round.slots.map((slot) => slot.phase))).toEqual(['paid', 'paid', 'paid', 'paid']);
    expect(view.rounds.flatMap((round) => round.slots.map((slot) => slot.audit?.phase))).toEqual(['matched', 'matched', 'matched', 'matched']);
    for (const round of [0, 1, 2]) {
      expect(await town.rootsOf([requestor, ada, bob, vera], round), `roots of round ${round}`).toHaveLength(1);
    }
    expect(view.escrowWei).toBe(0n);
    expect((await readAccount(ada.chain)).creditWei).toBe(2n * view.terms.maxPriceWei);
    expect((await readAccount(vera.chain)).creditWei).toBe(4n * view.terms.auditFeeWei);
  });
});
