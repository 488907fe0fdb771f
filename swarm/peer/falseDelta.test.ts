import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAccount } from '#swarm/chain/readAccount.ts';
import { readEvents } from '#swarm/chain/readEvents.ts';
import type { JobView } from '#swarm/protocol/jobView.ts';
import { lyingSolver } from './testing/lyingSolver.ts';
import { buildTown, type Citizen, type Town } from './testing/town.ts';

describe('A8, D6: a solver whose every step is right and whose delta is not', () => {
  let town: Town;
  let [ada, vera, liar, bert]: Citizen[] = [];
  let job: bigint;
  let view: JobView;

  beforeAll(async () => {
    town = await buildTown({ hurry: 4, challengeSeconds: 240 });
    const requestor = await town.citizen('requestor');
    [ada, vera, liar, bert] = [await town.citizen('ada'), await town.citizen('vera'), await town.citizen('liar'), await town.citizen('bert')];
    // One segment: its audit compares the delta too.
    job = await town.post(requestor, { slots: 2, rounds: 2, roundSeconds: 120 }, { stepsPerRound: 2, checkpointEvery: 2 });
    await town.verify(vera, job);
    await town.solve(liar, job, lyingSolver.quantisesWrong().engine);
    await town.solve(ada, job);
    await town.until(job, 'it has begun', ({ phase }) => phase === 'running');
    await town.solve(bert, job);
    view = await town.until(job, 'the liar is struck', ({ strikes }) => strikes.length > 0, 100_000);
  }, 120_000);
  afterAll(() => town?.stop());

  test('is slashed by the court, at the step that quantises', async () => {
    expect(view.strikes).toEqual([{ round: 0, slot: 0, solver: liar?.chain.address }]);
    expect(view.challenges[0]).toMatchObject({ phase: 'solverWrong', challenger: vera?.chain.address, defender: liar?.chain.address });
    expect((await readAccount((liar as Citizen).chain)).lockedWei).toBe(0n);
    expect(liar?.journal.some((line) => line.includes('claimed how the delta was made'))).toBe(true);
    const events = (await readEvents((vera as Citizen).chain)).map(({ name }) => name);
    expect(events).toContain('SolverSlashed');
  });

  test('and its slot is done again by the next in line, up to the end of the job', { timeout: 100_000 }, async () => {
    view = await town.until(job, 'the job is finished', ({ phase }) => phase === 'finished', 90_000);
    expect(view.rounds.map(({ slots }) => slots.map(({ phase }) => phase))).toEqual([
      ['paid', 'paid'],
      ['paid', 'paid'],
    ]);
    expect(await town.rootsOf([ada, vera, bert] as Citizen[], 2)).toEqual([view.finalRoot]);
  });
});
