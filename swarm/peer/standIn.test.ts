import { afterEach, expect, test } from 'vitest';
import { delegateDisputes } from '#swarm/chain/delegateDisputes.ts';
import { readAccount } from '#swarm/chain/readAccount.ts';
import { readDelegate } from '#swarm/chain/readDelegate.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { encodeDelegation, parseDelegation } from '#swarm/protocol/delegation.ts';
import { lyingSolver } from './testing/lyingSolver.ts';
import { buildTown, type Citizen, honestEngine, secretOf, type Town } from './testing/town.ts';
import type { TrainingEngine } from './trainingEngine.ts';

let town: Town;
afterEach(() => town?.stop());

/** Of a tab that is closed whenever a dispute asks for it. */
const absent = (): TrainingEngine => ({ ...honestEngine(), dispute: () => new Promise(() => undefined) });
/** A root that no training leads to. */
const WRONG: Hash = `0x${'ab'.repeat(32)}`;

/** Names the tower on chain, and hands it the file. */
async function handOver(from: Citizen, tower: Citizen) {
  await delegateDisputes(from.chain, { to: tower.chain.address });
  expect((await readDelegate(from.chain))?.toLowerCase()).toBe(tower.chain.address.toLowerCase());
  const file = { account: from.chain.address, delegate: tower.chain.address, chainId: from.chain.deployment.chainId, secret: secretOf(from.name) };
  return parseDelegation(encodeDelegation(file));
}

test('D14: a solver whose tab is closed is defended by the watchtower that it named', { timeout: 300_000 }, async () => {
  town = await buildTown({ hurry: 4, challengeSeconds: 120 });
  const [requestor, ada, mallory, tower] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('mallory'), await town.citizen('tower')];
  const honest = honestEngine();
  const accuses: TrainingEngine = { ...honest, replay: async (...task) => ({ ...(await honest.replay(...task)), root: WRONG, target: WRONG }) };
  const job = await town.post(requestor, { slots: 1, rounds: 1, roundSeconds: 120 }, { stepsPerRound: 4, checkpointEvery: 2 });
  const delegation = await handOver(ada, tower);
  await town.verify(mallory, job, accuses);
  await town.solve(ada, job, absent());
  town.watch(tower, job, undefined, { standsFor: [delegation] });
  const view = await town.until(job, 'the job is finished', ({ phase }) => phase === 'finished', 200_000);
  expect(view.challenges).toMatchObject([{ phase: 'challengerWrong', defender: ada.chain.address, play: { winner: 'defender' } }]);
  expect(tower.journal.join('\n')).toMatch(/Dispute about round 1, slot 1: /);
  expect(view.rounds[0]?.slots[0]?.phase).toBe('paid');
  // The bond of the false auditor is hers, and nothing of it the tower's.
  expect((await readAccount(ada.chain)).creditWei).toBe((view.challenges[0]?.bondWei ?? 0n) + view.terms.maxPriceWei);
  expect(await readAccount(tower.chain)).toMatchObject({ creditWei: 0n, stakedWei: 0n });
});

test('D14: an auditor whose tab is closed has its dispute played by the watchtower that it named', { timeout: 300_000 }, async () => {
  town = await buildTown({ hurry: 4, challengeSeconds: 120 });
  const [requestor, liar, ada] = [await town.citizen('requestor'), await town.citizen('liar'), await town.citizen('ada')];
  const [vera, tower] = [await town.citizen('vera'), await town.citizen('tower')];
  const job = await town.post(requestor, { slots: 2, rounds: 1, roundSeconds: 120 }, { stepsPerRound: 4, checkpointEvery: 2 });
  const delegation = await handOver(vera, tower);
  await town.verify(vera, job, absent());
  await town.solve(liar, job, lyingSolver.trainsOnWrongSlice().engine);
  await town.solve(ada, job);
  town.watch(tower, job, undefined, { standsFor: [delegation] });
  const view = await town.until(job, 'the court has ruled', ({ challenges }) => challenges[0]?.phase === 'solverWrong', 200_000);
  expect(view.strikes).toEqual([{ round: 0, slot: 0, solver: liar.chain.address }]);
  expect(view.challenges[0]).toMatchObject({ challenger: vera.chain.address, play: { winner: 'challenger' } });
});

test('D14: whom nobody named is refused a move', { timeout: 240_000 }, async () => {
  town = await buildTown({ hurry: 4, challengeSeconds: 60 });
  const [requestor, liar, ada] = [await town.citizen('requestor'), await town.citizen('liar'), await town.citizen('ada')];
  const [vera, tower] = [await town.citizen('vera'), await town.citizen('tower')];
  const job = await town.post(requestor, { slots: 2, rounds: 1, roundSeconds: 120 }, { stepsPerRound: 4, checkpointEvery: 2 });
  await town.verify(vera, job);
  await town.solve(liar, job, lyingSolver.trainsOnWrongSlice().engine);
  await town.solve(ada, job);
  town.watch(tower, job, undefined, { standsFor: [{ account: vera.chain.address, secret: secretOf('vera') }] });
  await town.until(job, 'the lie is challenged', ({ challenges }) => challenges.length > 0);
  vera.peer?.stop();
  await expect.poll(() => tower.journal.join('\n'), { timeout: 60_000 }).toMatch(/only the challenger|not your move/);
});
