import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readAccount } from '#swarm/chain/readAccount.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { readEvents } from '#swarm/chain/readEvents.ts';
import type { JobView, SlotRoundView } from '#swarm/protocol/jobView.ts';
import { type LyingSolver, lyingSolver } from './testing/lyingSolver.ts';
import { buildTown, type Citizen, honestEngine, type Town } from './testing/town.ts';
import type { TrainingEngine } from './trainingEngine.ts';

const SEGMENTS = 2;
/** A root that no training leads to. */
const WRONG: Hash = `0x${'ab'.repeat(32)}`;
const DECIDED = ['matched', 'mismatched'];

const slotsOf = (view: JobView, who: Citizen): SlotRoundView[] =>
  view.rounds.flatMap((round) => round.slots.filter((slot) => slot.commitment?.solver.toLowerCase() === who.chain.address.toLowerCase()));
const decidedOf = (view: JobView, who: Citizen) => slotsOf(view, who).filter(({ audit }) => DECIDED.includes(audit?.phase ?? ''));

const stakeOf = async (who: Citizen) => {
  const { balanceWei, stakedWei, creditWei } = await readAccount(who.chain);
  return balanceWei + stakedWei + creditWei;
};

describe('A2, A6, A8: solvers that lie in their work', () => {
  const stories: Record<string, LyingSolver> = {
    'flips the last bit of one weight': lyingSolver.flipsLastBit(),
    'skips a segment': lyingSolver.skipsSegment(1),
    "trains on another slot's rows": lyingSolver.trainsOnWrongSlice(),
    'starts from the round before': lyingSolver.startsFromStaleG(),
  };
  const names = Object.keys(stories);
  const liars = new Map<string, Citizen>();
  let town: Town;
  let [requestor, ada, vera]: Citizen[] = [];
  let view: JobView;
  const before = new Map<string, bigint>();

  beforeAll(async () => {
    town = await buildTown({ hurry: 4, challengeSeconds: 240 });
    [requestor, ada, vera] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('vera')];
    // More rounds than are waited for: draws are chance, and each lie is to be drawn once.
    const job = await town.post(requestor, { slots: 5, rounds: 40, roundSeconds: 120 }, { stepsPerRound: 4, checkpointEvery: 2 });
    before.set('vera', await stakeOf(vera));
    await town.verify(vera, job);
    await town.solve(ada, job);
    for (const name of names) {
      const liar = await town.citizen(name);
      liars.set(name, liar);
      before.set(name, await stakeOf(liar));
      await town.solve(liar, job, stories[name]?.engine);
    }
    view = await town.until(job, 'every liar is struck', (now) => names.every((name) => strikeOf(now, liars.get(name) as Citizen)), 225_000);
  }, 270_000);
  afterAll(() => town?.stop());

  const strikeOf = (now: JobView, who: Citizen) => now.strikes.find(({ solver }) => solver.toLowerCase() === who.chain.address.toLowerCase());

  test.each(names)('whoever %s is proven wrong by the court, in a round in which it lied', (name) => {
    const strike = strikeOf(view, liars.get(name) as Citizen);
    // It may have lied in two rounds, and the later one may be ruled upon first.
    const challenge = view.challenges.find(({ round, slot, phase }) => phase === 'solverWrong' && round === strike?.round && slot === strike.slot);
    expect(challenge).toMatchObject({ defender: strike?.solver, byAudit: true, challenger: vera?.chain.address, play: { winner: 'challenger' } });
    expect((stories[name] as LyingSolver).liesIn(challenge?.round ?? -1, challenge?.segment ?? -1, SEGMENTS)).toBe(true);
  });

  test.each(names)('whoever %s has lost its stake and its slot', async (name) => {
    const liar = liars.get(name) as Citizen;
    // It keeps what it was paid for rounds that were checked where it did not lie; some of that comes later.
    const beyondPay = async () => {
      const events = await readEvents(liar.chain, { job: view.id });
      const paid = events.filter(({ name: event, args }) => event === 'SlotPaid' && args['solver'] === liar.chain.address).map(({ args }) => args['payWei'] as bigint);
      return paid.reduce((left, wei) => left - wei, await stakeOf(liar));
    };
    await expect.poll(beyondPay, { timeout: 30_000 }).toBe((before.get(name) as bigint) - view.terms.stakePerSlotWei);
    expect(view.bids.some(({ bidder }) => bidder === liar.chain.address)).toBe(false);
  });

  test('the auditor has its bonds back, a share of each stake, and its place', async () => {
    expect(await stakeOf(vera as Citizen)).toBeGreaterThan((before.get('vera') as bigint) + 4n * (view.terms.stakePerSlotWei / 4n));
    expect(view.auditors).toEqual([vera?.chain.address]);
  });

  test('the honest solver beside them is never accused, and the auditor never wrong', () => {
    expect(view.challenges.some(({ defender }) => defender === ada?.chain.address)).toBe(false);
    expect(view.challenges.filter(({ phase }) => phase === 'challengerWrong')).toEqual([]);
    expect(decidedOf(view, ada as Citizen).filter(({ audit }) => audit?.phase !== 'matched')).toEqual([]);
  });
});

describe('A8: a job with a liar in it', () => {
  let town: Town;
  afterEach(() => town?.stop());

  test('goes back to the faulty round, is finished by another, and ends with the model that honest work gives', { timeout: 300_000 }, async () => {
    town = await buildTown({ hurry: 4, challengeSeconds: 240 });
    const [requestor, ada, vera] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('vera')];
    const [liar, bert] = [await town.citizen('liar'), await town.citizen('bert')];
    const job = await town.post(requestor, { slots: 2, rounds: 3, roundSeconds: 120 }, { stepsPerRound: 4, checkpointEvery: 2 });
    await town.verify(vera, job);
    await town.solve(liar, job, lyingSolver.trainsOnWrongSlice().engine);
    await town.solve(ada, job);
    await town.until(job, 'it has begun', ({ phase }) => phase === 'running');
    await town.solve(bert, job);
    await town.until(job, 'the dispute has begun', ({ challenges }) => challenges.some(({ play }) => play !== null), 200_000);
    // The auditor's tab is closed and opened again: nothing but its key and the chain is left of the game.
    vera.peer?.stop();
    town.watch(vera, job, honestEngine(), { verifies: () => true });
    const view = await town.until(job, 'the job is finished', ({ phase }) => phase === 'finished', 200_000);

    // It may have lied again before the court ruled: that work goes too.
    expect(view.strikes).toContainEqual({ round: 0, slot: 0, solver: liar.chain.address });
    expect(view.strikes.every(({ solver }) => solver === liar.chain.address)).toBe(true);
    expect(slotsOf(view, bert).map(({ round, slot, phase }) => ({ round, slot, phase }))).toEqual([0, 1, 2].map((round) => ({ round, slot: 0, phase: 'paid' })));
    expect(slotsOf(view, ada).every(({ phase }) => phase === 'paid')).toBe(true);
    expect(slotsOf(view, liar)).toEqual([]);
    // Every root on chain is the one that honest tabs computed, the last one too.
    const roots = await town.rootsOf([ada, vera, bert], 3);
    expect(roots).toEqual([view.finalRoot]);
  });
});

describe('A8: an auditor that lies', () => {
  let town: Town;
  afterEach(() => town?.stop());

  test('loses its bond to the solver that it accused, which defends itself and is paid', { timeout: 240_000 }, async () => {
    town = await buildTown({ hurry: 4, challengeSeconds: 60 });
    const [requestor, ada, mallory] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('mallory')];
    const honest = honestEngine();
    const accuses: TrainingEngine = {
      ...honest,
      replay: async (...task) => ({ ...(await honest.replay(...task)), root: WRONG, target: WRONG }),
    };
    const job = await town.post(requestor, { slots: 1, rounds: 1, roundSeconds: 120 }, { stepsPerRound: 4, checkpointEvery: 2 });
    await town.verify(mallory, job, accuses);
    await town.solve(ada, job);
    const view = await town.until(job, 'the job is finished', ({ phase }) => phase === 'finished', 200_000);
    expect(view.challenges).toMatchObject([{ phase: 'challengerWrong', challenger: mallory.chain.address, defender: ada.chain.address }]);
    expect(ada.journal.join('\n')).toMatch(/Dispute about round 1, slot 1: /);
    expect(view.rounds[0]?.slots[0]?.phase).toBe('paid');
    expect((await readAccount(ada.chain)).creditWei).toBe((view.challenges[0]?.bondWei ?? 0n) + view.terms.maxPriceWei);
  });
});

describe('R2, R3: solvers that lie about their delta', () => {
  let town: Town;
  afterEach(() => town?.stop());

  /** Nothing of it stands on chain, and the honest solver's round goes on without it. */
  function expectUncounted(view: JobView, who: Citizen, slot: number): void {
    expect(view.rounds[0]?.slots[slot]).toMatchObject({ phase: 'missed', commitment: null });
    expect(slotsOf(view, who)).toEqual([]);
  }

  test('false bytes and two stories get no commitment; the honest slot counts', { timeout: 240_000 }, async () => {
    town = await buildTown({ hurry: 4 });
    const [requestor, ada, vera] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('vera')];
    const [fred, eve] = [await town.citizen('fred'), await town.citizen('eve')];
    const twofold = lyingSolver.equivocates(eve.node);
    const job = await town.post(requestor, { slots: 3, rounds: 1, roundSeconds: 80, receiptsNeeded: 3 });
    await town.verify(vera, job);
    await town.solve(ada, job);
    await town.solve(fred, job, lyingSolver.sendsFalseDelta());
    await town.solve(eve, job, twofold.engine, { mesh: twofold.mesh });
    const view = await town.until(job, 'the round closes', ({ rounds }) => rounds[0]?.closed === true, 200_000);

    expect(view.rounds[0]?.slots[0]?.commitment?.solver).toBe(ada.chain.address);
    expectUncounted(view, fred, 1);
    expect(fred.journal.join('\n')).toMatch(/0 of the 3 peers needed .* does not have the committed proposal root/);
    expectUncounted(view, eve, 2);
    // Each keeper signs for what it holds: signatures for two stories do not add up to one commitment.
    expect(eve.journal.join('\n')).toMatch(/could not commit round 1: .*receipts/i);
  });
});
