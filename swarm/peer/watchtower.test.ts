import { afterEach, expect, test } from 'vitest';
import { lyingSolver } from './testing/lyingSolver.ts';
import { buildTown, type Town } from './testing/town.ts';

let town: Town;
afterEach(() => town?.stop());

test('D12: a solver and the only auditor tell the same lie; one watchtower from outside has the solver struck, and the job ends right', { timeout: 300_000 }, async () => {
  town = await buildTown({ hurry: 4, challengeSeconds: 240 });
  const [requestor, ada, watchtower] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('watchtower')];
  const [liar, accomplice, bert] = [await town.citizen('liar'), await town.citizen('accomplice'), await town.citizen('bert')];
  const lie = lyingSolver.trainsOnWrongSlice();
  const job = await town.post(requestor, { slots: 2, rounds: 3, roundSeconds: 120 }, { stepsPerRound: 4, checkpointEvery: 2 });
  await town.verify(accomplice, job, lyingSolver.trainsOnWrongSlice().engine);
  await town.solve(liar, job, lie.engine);
  await town.solve(ada, job);
  town.watch(watchtower, job, undefined, { watches: true });
  await town.until(job, 'it has begun', ({ phase }) => phase === 'running');
  await town.solve(bert, job);
  const view = await town.until(job, 'the job is finished', ({ phase }) => phase === 'finished', 200_000);

  expect(view.strikes).toEqual([{ round: 0, slot: 0, solver: liar.chain.address }]);
  const won = view.challenges.filter(({ phase }) => phase === 'solverWrong');
  expect(won).toMatchObject([{ challenger: watchtower.chain.address, defender: liar.chain.address, byAudit: false, play: { winner: 'challenger' } }]);
  expect(view.challenges.some(({ challenger, defender }) => challenger === watchtower.chain.address && defender !== liar.chain.address)).toBe(false);
  expect(await town.rootsOf([ada, bert, watchtower], 3)).toEqual([view.finalRoot]);
});
