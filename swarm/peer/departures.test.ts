import { afterEach, beforeEach, expect, test } from 'vitest';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import type { Executor } from '#engine/program/executor.ts';
import { readAccount } from '#swarm/chain/readAccount.ts';
import type { JobView } from '#swarm/protocol/jobView.ts';
import { memoryShelf, type RoundShelf } from '#swarm/training/roundShelf.ts';
import { localTrainingEngine } from './localTrainingEngine.ts';
import { memoryStore } from './peerStore.ts';
import { buildTown, type Citizen, honestEngine, type Town } from './testing/town.ts';
import type { TrainingEngine } from './trainingEngine.ts';

let town: Town;
beforeEach(async () => {
  town = await buildTown({ hurry: 4, answerSeconds: 40 });
});
afterEach(() => town?.stop());

const ROUND_SECONDS = 60;
const isHe = (address: string | null | undefined, who: Citizen) => address?.toLowerCase() === who.chain.address.toLowerCase();
const committedBy = (view: JobView, who: Citizen) => view.rounds.flatMap(({ round, slots }) => (slots.some(({ commitment }) => isHe(commitment?.solver, who)) ? [round] : []));

/** Honest, and writes down which rounds it really trained. */
function countingEngine(): { engine: TrainingEngine; trained: number[] } {
  const honest = honestEngine();
  const trained: number[] = [];
  return {
    trained,
    engine: {
      ...honest,
      train: (...task) => {
        trained.push(task[1]);
        return honest.train(...task);
      },
    },
  };
}

test('R5, R8: who leaves in mid-round loses the slot to the waiting bidder, who goes on from the global state alone', { timeout: 240_000 }, async () => {
  const [requestor, ada, bob, vera, carl] = [
    await town.citizen('requestor'),
    await town.citizen('ada'),
    await town.citizen('bob'),
    await town.citizen('vera'),
    await town.citizen('carl'),
  ];
  const job = await town.post(requestor, { rounds: 3, roundSeconds: ROUND_SECONDS });
  await town.verify(vera, job);
  await town.solve(ada, job);
  const late = countingEngine();
  await town.solve(bob, job, { ...honestEngine(), train: () => new Promise(() => undefined) });
  await town.until(job, 'the round has begun', ({ phase }) => phase === 'running');
  bob.peer?.stop();
  town.net.setOnline('bob', false);
  await town.solve(carl, job, late.engine);
  const view = await town.until(job, 'finished', ({ phase }) => phase === 'finished', 200_000);

  expect(view.rounds[0]?.slots.map(({ phase }) => phase)).toEqual(['paid', 'missed']);
  expect(committedBy(view, bob)).toEqual([]);
  expect(committedBy(view, carl)).toEqual([1, 2]);
  expect(late.trained).toEqual([1, 2]);
  expect(await town.rootsOf([ada, carl], 1)).toHaveLength(1);
  // A missed deadline never slashes.
  expect((await readAccount(bob.chain)).stakedWei).toBe(view.terms.stakePerSlotWei);
});

test('A tab that reloads between training and commitment resumes with its key and store, and trains nothing twice', { timeout: 240_000 }, async () => {
  const [requestor, ada, bob, vera] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('bob'), await town.citizen('vera')];
  const job = await town.post(requestor, { rounds: 2, roundSeconds: 120 });
  await town.verify(vera, job);
  const before = countingEngine();
  // Its network goes as training ends: the work is on record, and no receipt can be had.
  const cutOff: TrainingEngine = {
    ...before.engine,
    train: async (...task) => {
      const result = await before.engine.train(...task);
      town.net.setOnline('ada', false);
      return result;
    },
  };
  await town.solve(ada, job, cutOff);
  await town.solve(bob, job);
  await expect.poll(() => ada.journal.join('\n'), { timeout: 30_000 }).toMatch(/0 of the 1 peers needed/);
  ada.peer?.stop();
  town.net.setOnline('ada', true);
  const after = countingEngine();
  town.watch(ada, job, after.engine);
  const view = await town.until(job, 'finished', ({ phase }) => phase === 'finished', 200_000);

  expect([...before.trained, ...after.trained]).toEqual([0, 1]);
  expect(view.rounds.flatMap(({ slots }) => slots.map(({ audit }) => audit?.phase))).toEqual(['matched', 'matched', 'matched', 'matched']);
});

/** Trains up to a step and no further, as if the tab were closed there. */
function stuckAfter(steps: number): Executor {
  return {
    ...referenceExecutor,
    async prepare(program) {
      const run = await referenceExecutor.prepare(program);
      let done = 0;
      return {
        load: (state) => run.load(state),
        state: () => run.state(),
        roots: (state) => run.roots(state),
        dispose: () => run.dispose(),
        run: async (inputs) => {
          if (done >= steps) await new Promise(() => undefined);
          done += inputs.length;
          return run.run(inputs);
        },
      };
    },
  };
}

test('T2: a tab that reloads in mid-round goes on from its newest checkpoint, to the same bytes, and leaves nothing behind', { timeout: 240_000 }, async () => {
  const [requestor, ada, bob, vera] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('bob'), await town.citizen('vera')];
  const job = await town.post(requestor, { rounds: 1, roundSeconds: 120 }, { stepsPerRound: 8, checkpointEvery: 2 });
  const memory = memoryShelf();
  const names = new Set<string>();
  const shelf: RoundShelf = {
    ...memory,
    put: async (name, bytes) => {
      await memory.put(name, bytes);
      names.add(name);
    },
  };
  await town.verify(vera, job);
  await town.solve(ada, job, localTrainingEngine({ training: stuckAfter(4), outer: referenceExecutor }, shelf));
  await town.solve(bob, job);
  const rootsKept = async () => Promise.all([...names].map(async (name) => new DataView(((await memory.get(name)) ?? new Uint8Array(4)).slice().buffer).getUint32(0)));
  await expect.poll(rootsKept, { timeout: 30_000 }).toEqual([3]);
  ada.peer?.stop();

  const steps: number[] = [];
  town.watch(ada, job, localTrainingEngine({ training: referenceExecutor, outer: referenceExecutor }, shelf), {
    onProgress: ({ doing, step }) => doing === 'training' && step && steps.push(step.step),
  });
  const view = await town.until(job, 'finished', ({ phase }) => phase === 'finished', 200_000);
  expect(steps).toEqual([5, 6, 7, 8]);
  expect(view.rounds[0]?.slots.map(({ phase, audit }) => `${phase}, ${audit?.phase}`)).toEqual(['paid, matched', 'paid, matched']);
  expect(await Promise.all([...names].map((name) => memory.get(name)))).toEqual([null]);
});

test('A3, A5: salts follow from the key: who lost its records opens and reveals all the same, and is not punished', { timeout: 240_000 }, async () => {
  const [requestor, ada, bob, vera] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('bob'), await town.citizen('vera')];
  const job = await town.post(requestor, { rounds: 1, roundSeconds: 120 });
  await town.verify(vera, job);
  await town.solve(ada, job);
  await town.solve(bob, job);
  await town.until(job, 'ada commits', ({ rounds }) => rounds[0]?.slots[0]?.commitment !== null && rounds.length > 0);
  ada.peer?.stop();
  const staked = (await readAccount(ada.chain)).stakedWei;
  await town.until(job, 'her audit waits for her', ({ rounds }) => rounds[0]?.slots[0]?.audit?.phase === 'attested');
  vera.peer?.stop();
  // Both come back with their keys and nothing else.
  town.watch(ada, job, honestEngine(), { store: memoryStore() });
  await town.until(job, 'she opens', ({ rounds }) => rounds[0]?.slots[0]?.audit?.phase === 'opened');
  town.watch(vera, job, honestEngine(), { store: memoryStore(), verifies: () => true });
  const view = await town.until(job, 'finished', ({ phase }) => phase === 'finished', 200_000);
  expect(view.rounds[0]?.slots.map(({ phase, audit }) => `${phase}, ${audit?.phase}`)).toEqual(['paid, matched', 'paid, matched']);
  // More where the bond of a state that she posted is not back yet.
  expect((await readAccount(ada.chain)).stakedWei).toBeGreaterThanOrEqual(staked);
});

test('A tab that reloads before its audit opens it from its records', { timeout: 240_000 }, async () => {
  const [requestor, ada, bob, vera] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('bob'), await town.citizen('vera')];
  const job = await town.post(requestor, { rounds: 1, roundSeconds: 120 });
  const before = countingEngine();
  await town.verify(vera, job);
  await town.solve(ada, job, before.engine);
  await town.solve(bob, job);
  await town.until(job, 'ada commits', ({ rounds }) => rounds[0]?.slots[0]?.commitment !== null && rounds.length > 0);
  ada.peer?.stop();
  await town.until(job, 'her audit waits for her', ({ rounds }) => rounds[0]?.slots[0]?.audit?.phase === 'attested');
  const after = countingEngine();
  town.watch(ada, job, after.engine);
  await town.until(job, 'it matches', ({ rounds }) => rounds[0]?.slots[0]?.audit?.phase === 'matched');
  expect([before.trained, after.trained]).toEqual([[0], []]);
});

test('A4: a silent auditor loses its bond, and another takes its place', { timeout: 240_000 }, async () => {
  const [requestor, ada, bob, vera, sam] = [
    await town.citizen('requestor'),
    await town.citizen('ada'),
    await town.citizen('bob'),
    await town.citizen('vera'),
    await town.citizen('sam'),
  ];
  const job = await town.post(requestor, { rounds: 1, roundSeconds: 80 });
  await town.verify(sam, job, { ...honestEngine(), replay: () => new Promise(() => undefined) }, { verifies: () => false });
  const bonded = (await readAccount(sam.chain)).stakedWei;
  await town.solve(ada, job);
  await town.solve(bob, job);
  await town.until(job, 'sam is drawn', ({ rounds }) => rounds[0]?.slots.some(({ audit }) => isHe(audit?.auditor, sam)) === true);
  await town.verify(vera, job);
  const view = await town.until(job, 'finished', ({ phase }) => phase === 'finished', 200_000);

  expect(view.rounds[0]?.slots.map(({ phase, audit }) => [phase, audit?.phase, isHe(audit?.auditor, vera)])).toEqual([
    ['paid', 'matched', true],
    ['paid', 'matched', true],
  ]);
  expect(view.rounds[0]?.slots.every(({ audit }) => (audit?.attempt ?? 0) > 0)).toBe(true);
  expect(bonded).toBeGreaterThan(0n);
  expect((await readAccount(sam.chain)).stakedWei).toBe(bonded - (view.terms.maxPriceWei + view.terms.auditFeeWei));
});

test('A relay that is down from the first round on does not stop a job: tabs have everything from each other', { timeout: 240_000 }, async () => {
  const [requestor, ada, bob, vera] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('bob'), await town.citizen('vera')];
  const job = await town.post(requestor, { rounds: 2, roundSeconds: ROUND_SECONDS });
  town.net.setHubUp(false);
  await town.verify(vera, job);
  await town.solve(ada, job);
  await town.solve(bob, job);
  const view = await town.until(job, 'finished', ({ phase }) => phase === 'finished', 200_000);
  expect(view.rounds.flatMap(({ slots }) => slots.map(({ phase }) => phase))).toEqual(['paid', 'paid', 'paid', 'paid']);
});
