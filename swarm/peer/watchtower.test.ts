import { afterEach, expect, test } from 'vitest';
import { lyingSolver } from './testing/lyingSolver.ts';
import { buildTown, type Town } from './testing/town.ts';

let town: Town;
afterEach(() => town?.stop());

test('D12: a solver and the only auditor tell the same lie; one watchtower from outside has the solver struck, and the job ends right', { timeout: 300_000 }, async () => {
  town = await buildTown({ hurry: 4, windowSeconds: 60, challengeSeconds: 240 });
  const [requestor, ada, watchtower] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('watchtower')];
  const [liar, accomplice, bert] = [await town.citizen('liar'), await town.citizen('accomplice'), await town.citizen('bert')];
  const league = lyingSolver.inLeague();
  const job = await town.post(requestor, { slots: 2, rounds: 3, roundSeconds: 120 }, { stepsPerRound: 4, checkpointEvery: 2 });
  await town.verify(accomplice, job, league.auditor);
  await town.solve(liar, job, league.solver);
  await town.solve(ada, job);
  town.watch(watchtower, job, undefined, { watches: true });
  await town.until(job, 'it has begun', ({ phase }) => phase === 'running');
  await town.solve(bert, job);
  const view = await town.until(job, 'the job is finished', ({ phase }) => phase === 'finished', 200_000);

  // Both lies may be proven before the first one's rounds are void.
  expect(view.strikes).toContainEqual({ round: 0, slot: 0, solver: liar.chain.address });
  expect(view.strikes.every(({ solver }) => solver === liar.chain.address)).toBe(true);
  const won = view.challenges.filter(({ phase }) => phase === 'solverWrong');
  const byTower = { challenger: watchtower.chain.address, defender: liar.chain.address, byAudit: false, play: { winner: 'challenger' } };
  expect(won).toMatchObject(view.strikes.map(() => byTower));
  expect(view.challenges.some(({ challenger, defender }) => challenger === watchtower.chain.address && defender !== liar.chain.address)).toBe(false);
  expect(await town.rootsOf([ada, bert, watchtower], 3)).toEqual([view.finalRoot]);
});
