import { afterEach, describe, expect, onTestFailed, test } from 'vitest';
import { readAccount } from '#swarm/chain/readAccount.ts';
import { readEvents } from '#swarm/chain/readEvents.ts';
import { GLOBAL_SLOT } from '#swarm/protocol/limits.ts';
import { lyingSolver } from './testing/lyingSolver.ts';
import { buildTown, type Town } from './testing/town.ts';

describe('R6, A8, D6: posted roots before the court', () => {
  let town: Town;
  afterEach(() => town?.stop());

  test('who posts a false state and stands by it loses its bond; the right one is posted, and the job goes on', { timeout: 260_000 }, async () => {
    town = await buildTown({ hurry: 4, challengeSeconds: 240 });
    // Once the job ended without a second root, and nobody knew why.
    onTestFailed(() => void process.stdout.write(`${town.story()}\n`));
    const [requestor, ada, vera, liar] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('vera'), await town.citizen('liar')];
    const job = await town.post(requestor, { slots: 2, rounds: 2, roundSeconds: 60 }, { stepsPerRound: 2, checkpointEvery: 2 });
    await town.verify(vera, job);
    // The first slot is the first to post.
    await town.solve(liar, job, lyingSolver.postsFalseRoot());
    await town.solve(ada, job);
    const struck = await town.until(job, 'the root is struck', ({ strikes }) => strikes.length > 0, 100_000);
    expect(struck.strikes).toEqual([{ round: 1, slot: GLOBAL_SLOT, solver: liar.chain.address }]);
    const proven = struck.challenges.find(({ phase }) => phase === 'solverWrong');
    expect(proven).toMatchObject({ round: 1, slot: GLOBAL_SLOT, defender: liar.chain.address });
    expect(liar.journal.some((line) => line.includes('model after round 1: opened the segment'))).toBe(true);

    // A liar that has gone on to deny the right state, before it could be stopped, costs the job the time of its clock.
    liar.peer?.stop();
    const view = await town.until(job, 'the job is finished', ({ phase }) => phase === 'finished', 140_000);
    const roots = await town.rootsOf([ada, vera], 1);
    expect(roots).toEqual([view.rounds[1]?.globalRoot]);
    expect(await town.rootsOf([ada, vera], 2)).toEqual([view.finalRoot]);
    expect(view.rounds.every(({ slots }) => slots[1]?.phase === 'paid')).toBe(true);
    const slashed = (await readEvents(ada.chain)).filter(({ name }) => name === 'SolverSlashed');
    expect(slashed.map(({ args }) => args['solver'])).toEqual([liar.chain.address]);
    expect((await readAccount(liar.chain)).reputation).toBeLessThan(100);
  });

  test('who denies a right one loses its bond to whoever posted it', { timeout: 120_000 }, async () => {
    town = await buildTown({ hurry: 4, challengeSeconds: 40 });
    const [requestor, ada, mallory] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('mallory')];
    // Nothing is drawn: mallory is there to deny.
    const job = await town.post(requestor, { slots: 1, rounds: 2, roundSeconds: 120, auditRate: 0 }, { stepsPerRound: 2, checkpointEvery: 2 });
    await town.verify(mallory, job, lyingSolver.deniesRoots());
    await town.solve(ada, job);
    const view = await town.until(job, 'the job is finished', ({ phase }) => phase === 'finished', 100_000);
    expect(view.strikes).toEqual([]);
    expect(view.challenges.length).toBeGreaterThan(0);
    for (const one of view.challenges) expect(one).toMatchObject({ phase: 'challengerWrong', slot: GLOBAL_SLOT, challenger: mallory.chain.address, defender: ada.chain.address });
    const bonds = view.challenges.reduce((sum, { bondWei }) => sum + bondWei, 0n);
    expect((await readAccount(ada.chain)).creditWei).toBe(bonds + 2n * view.terms.maxPriceWei);
  });
});
