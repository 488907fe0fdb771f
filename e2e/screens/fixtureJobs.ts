/** Four jobs: one running on digits, one on a text, one finished on a table with a dispute, one still looking for tabs. */
import type { Hash, JobSpec, Task } from '#swarm/protocol/jobSpec.ts';
import type { ChallengeView, AuditView, ChainEvent, JobPhase, JobView, RoundView, SlotRoundPhase, SlotRoundView } from '#swarm/protocol/jobView.ts';
import type { JobCard } from '#web/tab/tabModel.ts';

export const TUT = 10n ** 18n;
export const NOW = 1_790_000_000;
const person = (digit: string): Hash => `0x${digit.repeat(40)}`;
const hash = (digits: string): Hash => `0x${digits.repeat(32)}`;
export const ME = person('a');
const [ADA, BOB, EVE] = [person('b'), person('c'), person('d')];

const TASKS: Readonly<Record<string, Task>> = {
  '1': { kind: 'table', features: ['sepal length', 'sepal width', 'petal length'], target: 'species', classes: ['setosa', 'versicolor', 'virginica'] },
  '2': { kind: 'text', vocabulary: ' abcdefghijklmnopqrstuvwxyz', window: 64 },
  '3': { kind: 'digits', classes: [...'0123456789'] },
  '4': { kind: 'images', height: 32, width: 32, channels: 3, classes: ['bee', 'ant'] },
};
const TITLES: Readonly<Record<string, string>> = { '1': 'Iris, three kinds', '2': 'Sonnets, letter by letter', '3': 'Handwritten digits, dense net', '4': 'Bees and ants' };
const PHASES: Readonly<Record<string, JobPhase>> = { '1': 'finished', '2': 'running', '3': 'running', '4': 'recruiting' };

/** What became of each slot, round by round. */
const MAPS: Readonly<Record<string, readonly (readonly SlotRoundPhase[])[]>> = {
  '1': [
    ['paid', 'paid'],
    ['paid', 'held'],
    ['unpaid', 'paid'],
  ],
  '2': [
    ['paid', 'missed'],
    ['drawn', 'committed'],
  ],
  '3': [
    ['paid', 'paid'],
    ['paid', 'paid'],
    ['paid', 'missed'],
    ['drawn', 'waiting'],
    ['committed', 'open'],
  ],
  '4': [],
};

function slotRound(round: number, slot: number, phase: SlotRoundPhase): SlotRoundView {
  const solver = slot === 0 ? ADA : ME;
  const empty = phase === 'open' || phase === 'missed';
  const audits: Partial<Record<SlotRoundPhase, AuditView['phase']>> = { drawn: 'drawn', held: 'mismatched', paid: 'matched' };
  const audit = audits[phase];
  return {
    round,
    slot,
    holder: solver,
    phase,
    commitment: empty ? null : { globalRoot: hash('01'), checkpointsRoot: hash('02'), proposalRoot: hash('03'), deltaHash: hash('04'), solver },
    audit: audit && (round + slot) % 2 === 0 ? { segment: 3, attempt: 0, auditor: BOB, phase: audit, deadline: NOW + 60, beacon: hash('05'), openedRoot: null } : null,
    payWei: empty ? 0n : 2n * TUT,
    due: false,
  };
}

function roundView(phases: readonly SlotRoundPhase[], round: number, closed: boolean): RoundView {
  return {
    round,
    globalRoot: hash('06'),
    openedAt: NOW - 100,
    deadline: NOW + 80,
    closed,
    closedAt: closed ? NOW - 20 : 0,
    drawn: closed,
    beaconBlock: 0n,
    slots: phases.map((phase, slot) => slotRound(round, slot, phase)),
  };
}

function viewOf(id: bigint): JobView {
  const key = String(id);
  const rows = MAPS[key] ?? [];
  const phase = PHASES[key] ?? 'running';
  const rounds = rows.map((phases, round) => roundView(phases, round, phase === 'finished' || round < rows.length - 1));
  return {
    id,
    requestor: id === 3n ? ME : EVE,
    terms: {
      specHash: hash('07'),
      programHash: hash('08'),
      datasetRoot: hash('09'),
      initialRoot: hash('0a'),
      docketRoot: hash('11'),
      slots: 2,
      rounds: phase === 'finished' ? rows.length : 6,
      segments: 6,
      roundSeconds: 180,
      maxPriceWei: 2n * TUT,
      auditFeeWei: TUT,
      auditRate: 5000,
      stakePerSlotWei: 20n * TUT,
      receiptsNeeded: 1,
      minMacsPerSecond: 1n,
      minMemoryBytes: 64_000_000n,
      bountyWei: 36n * TUT,
    },
    phase,
    round: Math.max(0, rows.length - 1),
    escrowWei: 22n * TUT,
    bids:
      phase === 'recruiting'
        ? []
        : [
            { bidder: ADA, priceWei: 2n * TUT, macsPerSecond: 1_000_000_000n, memoryBytes: 4_000_000_000n, reputation: 12, stakeWei: 20n * TUT, slot: 0 },
            { bidder: ME, priceWei: 2n * TUT, macsPerSecond: 2_000_000_000n, memoryBytes: 8_000_000_000n, reputation: 3, stakeWei: 20n * TUT, slot: 1 },
            { bidder: EVE, priceWei: TUT, macsPerSecond: 100_000_000n, memoryBytes: 8_000_000_000n, reputation: 0, stakeWei: 20n * TUT, slot: null },
          ],
    auditors: phase === 'recruiting' ? [] : [BOB],
    rounds,
    challenges: id === 1n ? [challengeView(id)] : [],
    strikes: [],
    rollingBack: false,
    finishable: false,
  };
}

function challengeView(job: bigint): ChallengeView {
  const about = { job, round: 1, slot: 1, segment: 2, byAudit: true, claimed: hash('0b'), stale: false } as const;
  const play = { game: 1n, turn: 'defender', since: NOW, until: NOW + 900, winner: null } as const;
  return { id: 1n, ...about, challenger: BOB, defender: ME, bondWei: 10n * TUT, expiresAt: NOW + 900, phase: 'open', play };
}

function specOf(id: bigint): JobSpec {
  const task = TASKS[String(id)];
  if (!task) throw new Error(`there is no job ${id} here`);
  return {
    version: 1,
    title: TITLES[String(id)] ?? '',
    task,
    programHash: hash('08'),
    programBlob: hash('0c'),
    initialState: hash('0d'),
    initialRoot: hash('0a'),
    dataset: hash('0e'),
    testDataset: null,
    model: hash('0f'),
    slots: 2,
    rounds: 6,
    stepsPerRound: 120,
    checkpointEvery: 20,
    batch: 64,
    seed: hash('10'),
    outer: { learningRate: 0.7, momentum: 0.9, clip: 1 },
    schedules: [],
    needs: { memoryBytes: 64_000_000, macsPerSecond: 1 },
    licence: 'MIT',
  };
}

function eventsOf(id: bigint): readonly ChainEvent[] {
  if (id === 4n) return [];
  const rows: readonly (readonly [name: string, args: Readonly<Record<string, unknown>>])[] = [
    ['JobPosted', { bountyWei: 36n * TUT, requestor: ME }],
    ['BidPlaced', { bidder: ADA }],
    ['SlotTaken', { holder: ADA, slot: 0 }],
    ['AuditorEnlisted', { auditor: BOB }],
    ['RoundOpened', { round: 0 }],
    ['Committed', { round: 0, slot: 0, solver: ADA }],
    ['Committed', { round: 0, slot: 1, solver: ME }],
    ['RoundClosed', { round: 0 }],
    ['AuditDrawn', { round: 0, slot: 0, auditor: BOB, segment: 3 }],
    ['AuditAttested', { round: 0, slot: 0, auditor: BOB }],
    ['AuditMatched', { round: 0, slot: 0, auditor: BOB, feeWei: TUT }],
    ['SlotPaid', { round: 0, slot: 0, solver: ADA, payWei: 2n * TUT }],
    ['SlotPaid', { round: 0, slot: 1, solver: ME, payWei: 2n * TUT }],
    ['SlotLost', { round: 2, slot: 1, holder: EVE }],
    ...(id === 1n ? ([['AuditMismatched', { round: 1, slot: 1, auditor: BOB }]] as const) : []),
  ];
  return rows.map(([name, args], k) => ({ name, args: { job: id, ...args }, block: BigInt(k), time: NOW - 400 + k * 25, transaction: hash('11') }));
}

export function card(id: bigint): JobCard {
  const closed = id === 4n ? 0 : id === 3n ? 4 : id === 2n ? 1 : 3;
  const losses = [1.9021, 0.7312, 0.4125, 0.2837];
  return {
    id,
    spec: specOf(id),
    view: viewOf(id),
    events: eventsOf(id),
    curve: losses.slice(0, closed).map((loss, round) => ({ round, step: (round + 1) * 120, loss, accuracy: 1 - loss / 3 })),
    testAccuracy: id === 2n ? [] : [0.842, 0.913, 0.938, 0.951].slice(0, closed).map((accuracy, k) => ({ round: k + 1, accuracy })),
  };
}
