import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Address, Hash } from '#swarm/protocol/jobSpec.ts';
import type { AuditView, Bid, ChallengeView, CommitmentView, JobView, RoundView, SlotRoundView } from '#swarm/protocol/jobView.ts';
import { type Effect, type EffectKind, newPeerState, type PeerEvent, type PeerState } from './peerState.ts';
import { rules } from './rules.ts';
import { tick } from './tick.ts';

const me: Address = `0x${'a1'.repeat(20)}`;
const other: Address = `0x${'b2'.repeat(20)}`;
const auditor: Address = `0x${'c3'.repeat(20)}`;
const requestor: Address = `0x${'d4'.repeat(20)}`;
const stranger: Address = `0x${'e5'.repeat(20)}`;
const root = (n: number): Hash => `0x${n.toString(16).padStart(64, '0')}`;

const DEADLINE = 1000;
/** Later than anybody's turn after the deadline. */
const LATE = DEADLINE + 100;

const bidOf = (bidder: Address, slot: number | null): Bid => ({ bidder, priceWei: 1n, macsPerSecond: 1n, memoryBytes: 1n, reputation: 100, stakeWei: 1n, slot });
const commitmentOf = (solver: Address): CommitmentView => ({ globalRoot: root(0), checkpointsRoot: root(90), proposalRoot: root(91), deltaHash: root(92), solver });
const auditOf = (phase: AuditView['phase'], changes: Partial<AuditView> = {}): AuditView => ({
  segment: 3,
  attempt: 0,
  auditor,
  phase,
  deadline: DEADLINE,
  beacon: root(7),
  openedRoot: null,
  ...changes,
});

function slotOf(slot: number, changes: Partial<SlotRoundView> = {}): SlotRoundView {
  return { round: 0, slot, holder: slot === 0 ? me : other, phase: 'open', commitment: null, audit: null, payWei: 1n, due: false, ...changes };
}
function roundOf(round: number, changes: Partial<RoundView> = {}): RoundView {
  return {
    round,
    globalRoot: root(round),
    openedAt: 900,
    deadline: DEADLINE,
    closed: false,
    closedAt: 0,
    drawn: false,
    beaconBlock: 0n,
    slots: [slotOf(0), slotOf(1)],
    ...changes,
  };
}
const closed = (round: number, changes: Partial<RoundView> = {}) =>
  roundOf(round, { closed: true, closedAt: 950, slots: [slotOf(0, { commitment: commitmentOf(me) }), slotOf(1, { commitment: commitmentOf(other) })], ...changes });
const audited = (audit: AuditView) => closed(0, { drawn: true, slots: [slotOf(0, { commitment: commitmentOf(me), audit }), slotOf(1, { commitment: commitmentOf(other) })] });

function viewOf(changes: Partial<JobView> = {}): JobView {
  const terms = {
    specHash: root(1),
    programHash: root(2),
    datasetRoot: root(3),
    initialRoot: root(0),
    docketRoot: root(4),
    slots: 2,
    rounds: 2,
    segments: 4,
    roundSeconds: 100,
    maxPriceWei: 1n,
    auditFeeWei: 1n,
    auditRate: 10_000,
    stakePerSlotWei: 1n,
    receiptsNeeded: 1,
    minMacsPerSecond: 1n,
    minMemoryBytes: 1n,
    bountyWei: 8n,
  };
  return {
    id: 1n,
    requestor,
    terms,
    phase: 'running',
    round: 0,
    escrowWei: 8n,
    bids: [bidOf(me, 0), bidOf(other, 1)],
    auditors: [auditor],
    finalRoot: null,
    rounds: [roundOf(0)],
    challenges: [],
    strikes: [],
    rollingBack: false,
    finishable: false,
    ...changes,
  };
}

/** A peer that has everything it needs in round 0. */
const ready: Partial<PeerState> = { material: true, globals: { 0: root(0) } };
const kindsOf = (who: Address, state: Partial<PeerState>, view: JobView, now: number): EffectKind[] =>
  tick({ ...newPeerState(who), ...state }, { kind: 'seen', view }, now, 0).effects.map(({ kind }) => kind);

interface Row {
  readonly kind: EffectKind;
  readonly case: string;
  readonly fires: boolean;
  readonly who?: Address;
  readonly state?: Partial<PeerState>;
  readonly view?: Partial<JobView>;
  readonly now?: number;
}

const running = (...rounds: RoundView[]): Partial<JobView> => ({ rounds, round: rounds.length - 1 });
const bothCommitted = roundOf(0, { slots: [slotOf(0, { commitment: commitmentOf(me) }), slotOf(1, { commitment: commitmentOf(other) })] });
const iCommitted = roundOf(0, { slots: [slotOf(0, { commitment: commitmentOf(me) }), slotOf(1)] });
const challenge = {
  id: 7n,
  job: 1n,
  round: 0,
  slot: 1,
  segment: 2,
  byAudit: true,
  challenger: auditor,
  defender: other,
  claimed: root(5),
  bondWei: 1n,
  expiresAt: DEADLINE,
  phase: 'open',
  play: null,
  stale: false,
} as const;
const game = { game: 3n, turn: 'defender', since: 900, until: DEADLINE, winner: null } as const;
const disputed = (changes: Partial<ChallengeView> = {}): Partial<JobView> => ({ challenges: [{ ...challenge, play: game, ...changes }] });
const both = { 0: root(0), 1: root(1) };

const sealed = roundOf(0, { slots: [slotOf(0, { phase: 'committed', commitment: commitmentOf(me) }), slotOf(1, { phase: 'committed', commitment: commitmentOf(other) })] });
/** What a watchtower computed for the two slots of round 0. */
const known = (first: number | null, second: number | null): Record<string, Hash> => ({
  ...(first === null ? {} : { [`${root(0)}/0`]: root(first) }),
  ...(second === null ? {} : { [`${root(0)}/1`]: root(second) }),
});
const right = { [`${root(0)}/0`]: commitmentOf(me).proposalRoot, [`${root(0)}/1`]: commitmentOf(other).proposalRoot };

const table: readonly Row[] = [
  { kind: 'getMaterial', case: 'a party without program and data', fires: true, state: { material: false } },
  { kind: 'getMaterial', case: 'a stranger downloads nothing', fires: false, who: stranger, state: { material: false } },
  { kind: 'getMaterial', case: 'it is here', fires: false },
  { kind: 'getMaterial', case: 'the job is over', fires: false, state: { material: false }, view: { phase: 'finished' } },
  { kind: 'getGlobal', case: 'a newcomer to round 0', fires: true, state: { globals: {} } },
  { kind: 'getGlobal', case: 'it comes after the material', fires: false, state: { material: false, globals: {} } },
  { kind: 'getGlobal', case: 'it can be computed from the round before', fires: false, view: running(closed(0), roundOf(1)) },
  { kind: 'getGlobal', case: 'it joined in round 1', fires: true, state: { globals: {} }, view: running(closed(0), roundOf(1)) },
  { kind: 'train', case: 'its slot is open', fires: true },
  { kind: 'train', case: 'an address in another case is the same', fires: true, who: me.toUpperCase().replace('0X', '0x') as Address },
  { kind: 'train', case: 'another holds the slots', fires: false, who: auditor },
  { kind: 'train', case: 'the deadline has passed', fires: false, now: DEADLINE },
  { kind: 'train', case: 'it holds another state than the posted one', fires: false, state: { globals: { 0: root(66) } } },
  { kind: 'train', case: 'the root is not posted yet', fires: false, view: running(roundOf(0, { globalRoot: null })) },
  { kind: 'train', case: 'it is trained', fires: false, state: { trained: { '0/0': true } } },
  { kind: 'train', case: 'it is committed', fires: false, view: running(iCommitted) },
  { kind: 'train', case: 'the job has not begun', fires: false, view: { phase: 'recruiting' } },
  { kind: 'commit', case: 'the round is trained', fires: true, state: { trained: { '0/0': true } } },
  { kind: 'commit', case: 'it is not trained', fires: false },
  { kind: 'commit', case: 'it is too late', fires: false, state: { trained: { '0/0': true } }, now: DEADLINE },
  { kind: 'commit', case: 'another slot was trained here', fires: false, state: { trained: { '0/1': true } } },
  { kind: 'commit', case: 'it stands on chain', fires: false, state: { trained: { '0/0': true } }, view: running(iCommitted) },
  { kind: 'closeRound', case: 'all have committed', fires: true, view: running(bothCommitted) },
  { kind: 'closeRound', case: 'one is missing and there is time', fires: false, view: running(iCommitted) },
  { kind: 'closeRound', case: 'one is missing after the deadline', fires: true, view: running(iCommitted), now: LATE },
  { kind: 'closeRound', case: 'it is closed', fires: false, view: running(closed(0)), now: LATE },
  {
    kind: 'closeRound',
    case: 'two rounds ago an audit is undecided',
    fires: false,
    view: running(audited(auditOf('drawn')), closed(1, { drawn: true }), { ...bothCommitted, round: 2 }),
    now: 951,
  },
  { kind: 'closeRound', case: 'two rounds ago nothing is drawn yet', fires: false, view: running(closed(0), closed(1), { ...bothCommitted, round: 2 }), now: 951 },
  {
    kind: 'closeRound',
    case: 'one round ago an audit is undecided',
    fires: true,
    view: running(closed(0, { drawn: true }), { ...audited(auditOf('drawn')), round: 1 }, { ...bothCommitted, round: 2 }),
    now: 951,
  },
  {
    kind: 'closeRound',
    case: 'the deadline has passed and its root is before the court',
    fires: false,
    view: { ...running(roundOf(0)), challenges: [{ ...challenge, slot: 65535 }] },
    now: LATE,
  },
  { kind: 'closeRound', case: 'a stranger', fires: false, who: stranger, view: running(bothCommitted), now: LATE },
  { kind: 'computeNext', case: 'the round is closed', fires: true, view: running(closed(0)) },
  { kind: 'computeNext', case: 'the round is open', fires: false },
  { kind: 'computeNext', case: 'it is computed', fires: false, state: { globals: both }, view: running(closed(0)) },
  { kind: 'computeNext', case: 'G_0 is not here', fires: false, state: { globals: {} }, view: running(closed(0)) },
  { kind: 'postNext', case: 'round 1 waits for its root', fires: true, state: { globals: both }, view: running(closed(0), roundOf(1, { globalRoot: null })), now: LATE },
  { kind: 'postNext', case: 'it is posted', fires: false, state: { globals: both }, view: running(closed(0), roundOf(1)), now: LATE },
  { kind: 'postNext', case: 'it is not computed', fires: false, view: running(closed(0), roundOf(1, { globalRoot: null })), now: LATE },
  {
    kind: 'postNext',
    case: 'an auditor does not post',
    fires: false,
    who: auditor,
    state: { globals: both },
    view: running(closed(0), roundOf(1, { globalRoot: null })),
    now: LATE,
  },
  {
    kind: 'postNext',
    case: 'everyone has a moment for a root of its own',
    fires: false,
    state: { globals: both },
    view: running(closed(0), roundOf(1, { globalRoot: null })),
    now: 951,
  },
  { kind: 'postNext', case: 'the first holder posts then', fires: true, state: { globals: both }, view: running(closed(0), roundOf(1, { globalRoot: null })), now: 952 },
  {
    kind: 'postNext',
    case: 'the second holder waits for the first',
    fires: false,
    who: other,
    state: { globals: both },
    view: running(closed(0), roundOf(1, { globalRoot: null })),
    now: 952,
  },
  {
    kind: 'postNext',
    case: 'the requestor posts where no holder has',
    fires: true,
    who: requestor,
    state: { globals: both },
    view: running(closed(0), roundOf(1, { globalRoot: null })),
    now: LATE,
  },
  { kind: 'postNext', case: 'the last root is posted too', fires: true, state: { globals: { 2: root(2) } }, view: running(closed(0), closed(1)), now: LATE },
  { kind: 'postNext', case: 'the last root is there', fires: false, state: { globals: { 2: root(2) } }, view: { ...running(closed(0), closed(1)), finalRoot: root(2) }, now: LATE },
  { kind: 'watch', case: 'a watchtower trains every slot for itself', fires: true, who: stranger, state: { watches: true } },
  { kind: 'watch', case: 'nobody else does', fires: false },
  { kind: 'watch', case: 'both slots are known', fires: false, who: stranger, state: { watches: true, watched: known(3, 3) } },
  { kind: 'accuse', case: 'a commitment is not what it should be', fires: true, who: stranger, state: { watches: true, watched: known(66, 66) }, view: running(sealed) },
  { kind: 'accuse', case: 'nothing is committed yet', fires: false, who: stranger, state: { watches: true, watched: known(66, 66) } },
  { kind: 'accuse', case: 'the work is right', fires: false, who: stranger, state: { watches: true, watched: right }, view: running(sealed) },
  {
    kind: 'accuse',
    case: 'it has said so',
    fires: false,
    who: stranger,
    state: { watches: true, watched: { ...right, ...known(66, null) } },
    view: { ...running(sealed), challenges: [{ ...challenge, slot: 0, challenger: stranger, defender: me }] },
  },
  { kind: 'challengeNext', case: 'the posted root is another', fires: true, state: { globals: { 0: root(0), 1: root(66) } }, view: running(closed(0), roundOf(1)) },
  { kind: 'challengeNext', case: 'the posted root is its own', fires: false, state: { globals: both }, view: running(closed(0), roundOf(1)) },
  {
    kind: 'challengeNext',
    case: 'its own challenge stands',
    fires: false,
    state: { globals: { 0: root(0), 1: root(66) } },
    view: { ...running(closed(0), roundOf(1)), challenges: [{ ...challenge, round: 1, slot: 65535, challenger: me }] },
  },
  {
    kind: 'challengeNext',
    case: 'the challenge of another, who may mean to lose it',
    fires: true,
    state: { globals: { 0: root(0), 1: root(66) } },
    view: { ...running(closed(0), roundOf(1)), challenges: [{ ...challenge, round: 1, slot: 65535 }] },
  },
  {
    kind: 'challengeNext',
    case: 'it stands on a root that is another itself, and is disputed',
    fires: false,
    state: { globals: { 0: root(0), 1: root(66), 2: root(67) } },
    view: { ...running(closed(0), closed(1), roundOf(2)), challenges: [{ ...challenge, round: 1, slot: 65535, challenger: me }] },
  },
  {
    kind: 'challengeNext',
    case: 'the last posted root is another',
    fires: true,
    state: { globals: { ...both, 2: root(66) } },
    view: { ...running(closed(0), closed(1)), finalRoot: root(2) },
  },
  { kind: 'draw', case: 'the round is closed and the beacon known', fires: true, view: running(closed(0)), now: LATE },
  { kind: 'draw', case: 'the beacon is seconds away', fires: false, view: running(closed(0)), now: 951 },
  { kind: 'draw', case: 'it is drawn', fires: false, view: running(closed(0, { drawn: true })), now: LATE },
  { kind: 'draw', case: 'the round is open', fires: false, now: LATE },
  { kind: 'audit', case: 'it was drawn', fires: true, who: auditor, view: running(audited(auditOf('drawn'))) },
  { kind: 'audit', case: 'another was drawn', fires: false, view: running(audited(auditOf('drawn'))) },
  { kind: 'audit', case: 'its time is over', fires: false, who: auditor, view: running(audited(auditOf('drawn'))), now: DEADLINE },
  { kind: 'audit', case: 'it has attested', fires: false, who: auditor, view: running(audited(auditOf('attested'))) },
  { kind: 'openAudit', case: 'an attestation stands on its work', fires: true, view: running(audited(auditOf('attested'))) },
  { kind: 'openAudit', case: 'nobody has attested: opening now would give the answer away', fires: false, view: running(audited(auditOf('drawn'))) },
  { kind: 'openAudit', case: "another's work", fires: false, who: other, view: running(audited(auditOf('attested'))) },
  { kind: 'openAudit', case: 'it is open', fires: false, view: running(audited(auditOf('opened'))) },
  { kind: 'revealAudit', case: 'the root is open', fires: true, who: auditor, view: running(audited(auditOf('opened'))) },
  { kind: 'revealAudit', case: 'the root is sealed', fires: false, who: auditor, view: running(audited(auditOf('attested'))) },
  { kind: 'revealAudit', case: "another's audit", fires: false, view: running(audited(auditOf('opened'))) },
  ...(['drawn', 'attested', 'opened'] as const).map(
    (phase): Row => ({ kind: 'claimSilence', case: `${phase}, and nothing came`, fires: true, view: running(audited(auditOf(phase))), now: LATE }),
  ),
  ...(['matched', 'mismatched', 'withheld', 'abandoned'] as const).map(
    (phase): Row => ({ kind: 'claimSilence', case: `${phase}: it is decided`, fires: false, view: running(audited(auditOf(phase))), now: LATE }),
  ),
  { kind: 'claimSilence', case: 'there is time', fires: false, view: running(audited(auditOf('drawn'))), now: DEADLINE },
  { kind: 'settle', case: 'a slot is due', fires: true, view: running(closed(0, { slots: [slotOf(0, { commitment: commitmentOf(me), due: true })] })), now: LATE },
  { kind: 'settle', case: 'none is due', fires: false, view: running(closed(0)), now: LATE },
  { kind: 'settle', case: 'a stranger', fires: false, who: stranger, view: running(closed(0, { slots: [slotOf(0, { due: true })] })), now: LATE },
  { kind: 'playChallenge', case: 'it has accused a posted root', fires: true, who: auditor, view: disputed({ play: null, slot: 65535 }) },
  { kind: 'playChallenge', case: 'it has accused', fires: true, who: auditor, view: disputed({ play: null }) },
  { kind: 'playChallenge', case: 'whom it stands in for has', fires: true, who: stranger, state: { standsFor: [auditor] }, view: disputed({ play: null }) },
  { kind: 'playChallenge', case: 'another has', fires: false, view: disputed({ play: null }) },
  { kind: 'playChallenge', case: 'it has begun', fires: false, who: auditor, view: disputed() },
  { kind: 'playChallenge', case: 'the work is struck already', fires: false, who: auditor, view: disputed({ play: null, stale: true }) },
  { kind: 'dispute', case: 'the defender is to move', fires: true, who: other, view: disputed() },
  { kind: 'dispute', case: 'the challenger is not', fires: false, who: auditor, view: disputed() },
  { kind: 'dispute', case: 'whom it stands in for is late', fires: true, who: stranger, state: { standsFor: [other] }, view: disputed(), now: 913 },
  { kind: 'dispute', case: 'whom it stands in for has time', fires: false, who: stranger, state: { standsFor: [other] }, view: disputed(), now: 912 },
  { kind: 'dispute', case: 'it stands in for somebody else', fires: false, who: stranger, state: { standsFor: [me] }, view: disputed(), now: 950 },
  { kind: 'dispute', case: 'the challenger is to move', fires: true, who: auditor, view: disputed({ play: { ...game, turn: 'challenger' } }) },
  { kind: 'dispute', case: 'its time is up', fires: false, who: other, view: disputed(), now: DEADLINE + 1 },
  { kind: 'dispute', case: 'somebody has won', fires: false, who: other, view: disputed({ play: { ...game, winner: 'defender' } }) },
  { kind: 'claimTime', case: 'the other side is silent', fires: true, who: auditor, view: disputed(), now: DEADLINE + 2 },
  { kind: 'claimTime', case: 'anyone does it in the end', fires: true, view: disputed(), now: LATE },
  { kind: 'claimTime', case: 'there is time', fires: false, who: auditor, view: disputed(), now: DEADLINE },
  { kind: 'claimTime', case: 'it is over', fires: false, view: disputed({ play: { ...game, winner: 'challenger' } }), now: LATE },
  { kind: 'concludeChallenge', case: 'the court has ruled', fires: true, who: auditor, view: disputed({ play: { ...game, winner: 'challenger' } }) },
  { kind: 'concludeChallenge', case: 'the work is gone', fires: true, who: other, view: disputed({ stale: true }) },
  { kind: 'concludeChallenge', case: 'it is being played', fires: false, who: auditor, view: disputed() },
  { kind: 'concludeChallenge', case: 'rounds are still to become void', fires: false, who: auditor, view: { ...disputed({ stale: true }), rollingBack: true } },
  { kind: 'rollBack', case: 'rounds are still to become void', fires: true, view: { rollingBack: true } },
  { kind: 'rollBack', case: 'nothing was struck', fires: false },
  {
    kind: 'closeRound',
    case: 'the court is busy with the round before the last',
    fires: false,
    view: { ...running(closed(0, { drawn: true }), closed(1), { ...bothCommitted, round: 2 }), ...disputed() },
  },
  {
    kind: 'closeRound',
    case: 'the court is busy with the last round',
    fires: true,
    view: { ...running(closed(0, { drawn: true }), closed(1), { ...bothCommitted, round: 2 }), ...disputed({ round: 1 }) },
  },
  { kind: 'expireChallenge', case: 'it is played', fires: false, view: disputed(), now: LATE },
  { kind: 'expireChallenge', case: 'its time has passed', fires: true, view: { challenges: [challenge] }, now: LATE },
  { kind: 'expireChallenge', case: 'there is time', fires: false, view: { challenges: [challenge] }, now: DEADLINE - 1 },
  { kind: 'expireChallenge', case: 'it has expired', fires: false, view: { challenges: [{ ...challenge, phase: 'challengerWrong' }] }, now: LATE },
  { kind: 'enlist', case: 'it is to check work and lost its place', fires: true, state: { verifies: true } },
  { kind: 'enlist', case: 'it has its place', fires: false, who: auditor, state: { verifies: true } },
  { kind: 'enlist', case: 'nobody asked it to check work', fires: false },
  { kind: 'enlist', case: 'the job is over', fires: false, state: { verifies: true }, view: { phase: 'finished' } },
  { kind: 'finish', case: 'all is settled', fires: true, view: { ...running(closed(0), closed(1)), finishable: true }, now: LATE },
  { kind: 'finish', case: 'something is open', fires: false, view: running(closed(0), closed(1)), now: LATE },
  { kind: 'finish', case: 'a stranger', fires: false, who: stranger, view: { ...running(closed(0), closed(1)), finishable: true }, now: LATE },
];

describe('rules', () => {
  test.each(table)('$kind: $case', ({ kind, fires, who = me, state = {}, view = {}, now = 950 }) => {
    expect(kindsOf(who, { ...ready, ...state }, viewOf(view), now).includes(kind)).toBe(fires);
  });

  test.each(rules.map(({ kind }) => kind))('%s has a case where it fires and one where it does not', (kind) => {
    const cases = table.filter((row) => row.kind === kind);
    expect(new Set(cases.map(({ fires }) => fires))).toEqual(new Set([true, false]));
  });

  test('an effect carries round, slot, segment and attempt of what it is for', () => {
    const view = viewOf(running(audited(auditOf('drawn', { attempt: 2, segment: 1 }))));
    const { effects } = tick({ ...newPeerState(auditor), ...ready }, { kind: 'seen', view }, 950, 0);
    expect(effects.find(({ kind }) => kind === 'audit')).toEqual({ kind: 'audit', key: 'audit/0/0/2', round: 0, slot: 0, segment: 1, attempt: 2, strikes: 0 });
  });
});

describe('A8: after a strike', () => {
  const later = { ...ready, globals: { 0: root(0), 1: root(1) }, trained: { '0/0': true, '1/0': true }, attested: { '0/1/0': true, '1/1/0': true } } as const;
  const known = tick({ ...newPeerState(me), ...later }, { kind: 'seen', view: viewOf(running(closed(0), roundOf(1))) }, 950, 0);
  const struck = viewOf({ ...running(roundOf(0)), strikes: [{ round: 0, slot: 1, solver: other }] });

  test('what came after the struck round is forgotten, and in it only the struck slot', () => {
    const { state } = tick(known.state, { kind: 'seen', view: struck }, 951, 0);
    expect(state.globals).toEqual({ 0: root(0) });
    expect(state.trained).toEqual({ '0/0': true });
    expect(state.attested).toEqual({});
  });

  test('what was begun before it and ends after it does not count', () => {
    const effect = { kind: 'train', key: 'train/1/0/0', round: 1, slot: 0, segment: 0, attempt: 0, strikes: 0 } as const;
    const { state } = tick(known.state, { kind: 'seen', view: struck }, 951, 0);
    expect(tick(state, { kind: 'done', effect }, 952, 0).state.trained).toEqual({ '0/0': true });
    expect(tick(state, { kind: 'global', round: 1, root: root(66), strikes: 0 }, 952, 0).state.globals).toEqual({ 0: root(0) });
    expect(tick(state, { kind: 'global', round: 1, root: root(67), strikes: 1 }, 952, 0).state.globals).toEqual({ 0: root(0), 1: root(67) });
  });
});

describe('tick', () => {
  const begin = (now = 950) => tick({ ...newPeerState(me), ...ready }, { kind: 'seen', view: viewOf() }, now, 0);

  test('what runs is not started again, and is once it has ended without effect', () => {
    const first = begin();
    expect(first.effects.map(({ kind }) => kind)).toEqual(['train']);
    const second = tick(first.state, { kind: 'time' }, 951, 0);
    expect(second.effects).toEqual([]);
    const [effect] = first.effects;
    if (!effect) throw new Error('nothing was started');
    expect(tick(second.state, { kind: 'done', effect }, 952, 0).effects.map(({ kind }) => kind)).toEqual(['commit']);
  });

  test('failures back off: 1, 2, 4, 8, then 15 seconds each', () => {
    let { state, effects } = begin(100);
    let now = 100;
    const waits: number[] = [];
    for (let failure = 0; failure < 7; failure++) {
      const effect = effects[0];
      if (!effect) throw new Error('it was not tried again');
      const failedAt = now;
      ({ state, effects } = tick(state, { kind: 'failed', effect }, now, 0));
      while (effects.length === 0) ({ state, effects } = tick(state, { kind: 'time' }, ++now, 0));
      waits.push(now - failedAt);
    }
    expect(waits).toEqual([1, 2, 4, 8, 15, 15, 15]);
  });

  test('a failure of one effect does not hold up another', () => {
    const { state, effects } = begin();
    const failed = tick(state, { kind: 'failed', effect: effects[0] as never }, 950, 0);
    const after = tick(failed.state, { kind: 'seen', view: viewOf(running(bothCommitted)) }, 950, 0);
    expect(after.effects.map(({ kind }) => kind)).toEqual(['closeRound']);
  });

  test('without a snapshot of the chain nothing is done', () => {
    expect(tick({ ...newPeerState(me), ...ready }, { kind: 'time' }, 5000, 0).effects).toEqual([]);
  });

  test('turns: after a deadline not everyone closes at once, and in the end everyone would', () => {
    const late = (seed: number, now: number) =>
      tick({ ...newPeerState(me), ...ready }, { kind: 'seen', view: viewOf(running(iCommitted)) }, now, seed).effects.some(({ kind }) => kind === 'closeRound');
    const seeds = Array.from({ length: 64 }, (_, k) => Math.imul(k + 1, 0x01000193) >>> 0);
    const counts = [DEADLINE, DEADLINE + 4, DEADLINE + 8, DEADLINE + 12, DEADLINE + 16].map((now) => seeds.filter((seed) => late(seed, now)).length);
    expect(counts[0]).toBe(0);
    expect(counts[4]).toBe(64);
    expect(counts[1]).toBeGreaterThan(0);
    expect(counts[1]).toBeLessThan(64);
    expect(counts.toSorted((a, b) => a - b)).toEqual(counts);
  });
});

const aView: fc.Arbitrary<JobView> = fc.constantFrom(...table.map((row) => viewOf(row.view)));
type Move = { readonly move: 'see'; readonly view: JobView } | { readonly move: 'wait' | 'end' | 'fail' | 'global'; readonly pick: number };
const someMoves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    aView.map((view): Move => ({ move: 'see', view })),
    fc.record({ move: fc.constantFrom('wait', 'end', 'fail', 'global'), pick: fc.nat(100) }) as fc.Arbitrary<Move>,
  ),
  { maxLength: 40 },
);

/** Plays moves against the machine; returns all it asked for. Throws where it asks for what runs already. */
function play(moves: readonly Move[], seed: number): string[] {
  let state = newPeerState(me);
  let now = 900;
  const runningNow = new Map<string, Effect>();
  const log: string[] = [];
  for (const move of moves) {
    now += 3;
    const chosen = move.move === 'see' ? undefined : [...runningNow.values()][move.pick % Math.max(1, runningNow.size)];
    let event: PeerEvent = { kind: 'time' };
    if (move.move === 'see') event = { kind: 'seen', view: move.view };
    else if (move.move === 'global') event = { kind: 'global', round: move.pick % 3, root: root(move.pick % 3) };
    else if (move.move !== 'wait' && chosen) event = { kind: move.move === 'end' ? 'done' : 'failed', effect: chosen };
    if ('effect' in event) runningNow.delete(event.effect.key);
    const ticked = tick(state, event, now, seed);
    state = ticked.state;
    for (const effect of ticked.effects) {
      if (runningNow.has(effect.key)) throw new Error(`${effect.key} was started while it ran`);
      runningNow.set(effect.key, effect);
      log.push(`${now} ${effect.key}`);
    }
    expect(Object.keys(state.running).toSorted()).toEqual([...runningNow.keys()].toSorted());
  }
  return log;
}

describe('tick, whatever comes', () => {
  test('no effect is started twice while it runs, and the same inputs give the same outputs', () => {
    fc.assert(
      fc.property(someMoves, fc.nat(), (moves, seed) => {
        expect(play(moves, seed)).toEqual(play(moves, seed));
      }),
      { numRuns: 300 },
    );
  });

  test('it never changes the state that it was given', () => {
    fc.assert(
      fc.property(aView, fc.nat(2000), fc.nat(), (view, now, seed) => {
        const state = { ...newPeerState(me), ...ready, view };
        const before = structuredClone(state);
        tick(state, { kind: 'time' }, now, seed);
        expect(state).toEqual(before);
      }),
    );
  });
});
