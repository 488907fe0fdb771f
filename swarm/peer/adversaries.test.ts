import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readJob } from '#swarm/chain/readJob.ts';
import { readAccount } from '#swarm/chain/readAccount.ts';
import type { JobView, SlotRoundView } from '#swarm/protocol/jobView.ts';
import { type LyingSolver, lyingSolver } from './testing/lyingSolver.ts';
import { buildTown, type Citizen, type Town } from './testing/town.ts';

const SEGMENTS = 2;
const DECIDED = ['matched', 'mismatched'];

const slotsOf = (view: JobView, who: Citizen): SlotRoundView[] =>
  view.rounds.flatMap((round) => round.slots.filter((slot) => slot.commitment?.solver.toLowerCase() === who.chain.address.toLowerCase()));
const decidedOf = (view: JobView, who: Citizen) => slotsOf(view, who).filter(({ audit }) => DECIDED.includes(audit?.phase ?? ''));

/** A replay that differed: pay is held, and the auditor's challenge stands until it expires as unresolved. */
function expectHeld(view: JobView, { round, slot, audit, phase }: SlotRoundView, auditor: Citizen): void {
  const where = `round ${round}, slot ${slot}, segment ${audit?.segment}`;
  expect(audit?.phase, where).toBe('mismatched');
  const challenge = view.challenges.find((one) => one.round === round && one.slot === slot);
  expect(challenge?.challenger.toLowerCase(), where).toBe(auditor.chain.address.toLowerCase());
  expect(challenge?.bondWei, where).toBeGreaterThan(0n);
  // Held while it stands; expired, it waits to be settled, and is never paid.
  expect(challenge?.phase === 'open' ? ['held'] : ['waiting', 'unpaid'], where).toContain(phase);
}

describe('A2, A6, A7: solvers that lie in their work', () => {
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
  /** When every lie had been drawn, and later, when a challenge had expired. */
  let accused: JobView;
  let view: JobView;

  beforeAll(async () => {
    town = await buildTown({ hurry: 4 });
    [requestor, ada, vera] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('vera')];
    // More rounds than are waited for: draws are chance, and each lie is to be drawn, and missed, at least once.
    const job = await town.post(requestor, { slots: 5, rounds: 40, roundSeconds: 120 }, { stepsPerRound: 4, checkpointEvery: 2 });
    await town.verify(vera, job);
    await town.solve(ada, job);
    for (const name of names) {
      const liar = await town.citizen(name);
      liars.set(name, liar);
      await town.solve(liar, job, stories[name]?.engine);
    }
    const wereDrawn = (now: JobView) =>
      names.every((name) => {
        const drawn = decidedOf(now, liars.get(name) as Citizen).map(({ round, audit }) => stories[name]?.liesIn(round, audit?.segment ?? 0, SEGMENTS));
        return drawn.includes(true);
      });
    await town.until(job, 'every lie is drawn once', wereDrawn, 90_000);
    accused = await readJob(requestor.chain, job);
    const first = accused.challenges[0];
    const lastOf = (now: JobView) => now.rounds[first?.round ?? 0]?.slots[first?.slot ?? 0];
    await town.until(job, 'the first challenge expires and its slot is settled', (now) => lastOf(now)?.phase === 'unpaid', 30_000);
    view = await readJob(requestor.chain, job);
  }, 120_000);
  afterAll(() => town?.stop());

  test.each(names)('whoever %s is caught whenever it is drawn, and only then', (name) => {
    const { liesIn } = stories[name] as LyingSolver;
    const drawn = decidedOf(view, liars.get(name) as Citizen);
    for (const slot of drawn) {
      const segment = slot.audit?.segment ?? -1;
      if (liesIn(slot.round, segment, SEGMENTS)) expectHeld(view, slot, vera as Citizen);
      else expect(slot.audit?.phase, `round ${slot.round}, segment ${segment}`).toBe('matched');
    }
    expect(drawn.some(({ audit }) => audit?.phase === 'mismatched')).toBe(true);
  });

  test('A6: the only auditor replaces the bond behind each challenge, keeps its place, and the job goes on', () => {
    // More than it had set aside when it enlisted.
    expect(view.challenges.length).toBeGreaterThan(3);
    expect(view.challenges.every(({ bondWei }) => bondWei === view.terms.maxPriceWei + view.terms.auditFeeWei)).toBe(true);
    expect(view.auditors).toEqual([vera?.chain.address]);
    expect(view.rounds.filter(({ closed }) => closed).length).toBeGreaterThan(1 + Math.min(...view.challenges.map(({ round }) => round)));
  });

  test('the honest solver beside them is never accused', () => {
    const drawn = decidedOf(view, ada as Citizen);
    expect(drawn.length).toBeGreaterThan(0);
    expect(drawn.filter(({ audit }) => audit?.phase !== 'matched')).toEqual([]);
  });

  test('A7: an expired challenge ends unresolved, with its slot unpaid', () => {
    const [first] = accused.challenges;
    if (!first) throw new Error('nobody was accused');
    const expired = view.challenges.find(({ id }) => id === first.id);
    expect(expired?.phase).toBe('unresolved');
    expect(view.rounds[first.round]?.slots[first.slot]?.phase).toBe('unpaid');
  });

  test('nobody who lies all the time earns anything', async () => {
    const liar = liars.get("trains on another slot's rows") as Citizen;
    expect((await readAccount(liar.chain)).creditWei).toBe(0n);
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

  test('false bytes and two stories get no commitment; the honest slot counts', { timeout: 60_000 }, async () => {
    town = await buildTown({ hurry: 4 });
    const [requestor, ada, vera] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('vera')];
    const [fred, eve] = [await town.citizen('fred'), await town.citizen('eve')];
    const twofold = lyingSolver.equivocates(eve.node);
    const job = await town.post(requestor, { slots: 3, rounds: 1, roundSeconds: 40, receiptsNeeded: 3 });
    await town.verify(vera, job);
    await town.solve(ada, job);
    await town.solve(fred, job, lyingSolver.sendsFalseDelta());
    await town.solve(eve, job, twofold.engine, { mesh: twofold.mesh });
    const view = await town.until(job, 'the round closes', ({ rounds }) => rounds[0]?.closed === true, 50_000);

    expect(view.rounds[0]?.slots[0]?.commitment?.solver).toBe(ada.chain.address);
    expectUncounted(view, fred, 1);
    expect(fred.journal.join('\n')).toMatch(/0 of the 3 peers needed .* does not have the committed proposal root/);
    expectUncounted(view, eve, 2);
    // Each keeper signs for what it holds: signatures for two stories do not add up to one commitment.
    expect(eve.journal.join('\n')).toMatch(/could not commit round 1: .*receipts/i);
  });
});
