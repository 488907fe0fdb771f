/** The lens contract's answer as the snapshot that the rest of the swarm reads. */
import type { ReadContractReturnType } from 'viem';
import type { lensAbi } from '#abi/lensAbi.ts';
import type { AuditPhase, AuditView, ChallengePhase, ChallengeView, JobPhase, JobView, PlayView, RoundView, SlotRoundPhase, SlotRoundView } from '#swarm/protocol/jobView.ts';
import { PHASES, turnOf } from '#swarm/dispute/transitions.ts';

export type JobReading = ReadContractReturnType<typeof lensAbi, 'readJob'>;
type ChallengeReading = JobReading['challenges'][number];
type GameReading = JobReading['games'][number];
type RoundReading = JobReading['rounds'][number];
type SlotReading = RoundReading['slots'][number];

const ZERO_HASH = `0x${'0'.repeat(64)}` as const;
const ZERO_ADDRESS = `0x${'0'.repeat(40)}`;
const WAITING = 255;
const JOB_PHASES: readonly (JobPhase | null)[] = [null, 'recruiting', 'running', 'finished', 'cancelled'];
/** By the contract's AuditPhase; none and pending have no audit to show yet. */
const AUDIT_PHASES: readonly (AuditPhase | null)[] = [null, null, 'drawn', 'attested', 'opened', 'matched', 'mismatched', 'withheld', 'abandoned'];
const CHALLENGE_PHASES: readonly (ChallengePhase | null)[] = [null, 'open', 'solverWrong', 'challengerWrong', 'moot'];
const WINNERS = [null, 'challenger', 'defender', null] as const;
const SLOT = { open: 0, committed: 1, missed: 2, paid: 3, unpaid: 4 } as const;

export function viewOfJob(reading: JobReading, rounds: readonly RoundView[]): JobView {
  const phase = JOB_PHASES[reading.phase];
  if (!phase) throw new Error(`job ${reading.id} has no phase`);
  return {
    id: reading.id,
    requestor: reading.requestor,
    terms: reading.terms,
    phase,
    round: reading.round,
    escrowWei: reading.escrowWei,
    bids: reading.bids.map(({ bidder, priceWei, macsPerSecond, memoryBytes, stakeWei, slot }, k) => ({
      bidder,
      priceWei,
      macsPerSecond,
      memoryBytes,
      stakeWei,
      reputation: reading.reputations[k] as number,
      slot: slot === WAITING ? null : slot,
    })),
    auditors: reading.auditors,
    relays: reading.relays,
    finalRoot: orNull(reading.finalRoot),
    rounds,
    challenges: reading.challenges.map((challenge, k) => viewOfChallenge(reading.challengeIds[k] as bigint, challenge, reading.games[k] as GameReading)),
    strikes: reading.strikes,
    rollingBack: reading.rollingBack,
    finishable: reading.finishable,
  };
}

function viewOfChallenge(id: bigint, challenge: ChallengeReading, game: GameReading): ChallengeView {
  const { job, round, slot, segment, byAudit, challenger, defender, claimed, bondWei, expiresAt } = challenge;
  const phase = CHALLENGE_PHASES[challenge.phase];
  if (!phase) throw new Error(`challenge ${id} has no phase`);
  return { id, job, round, slot, segment, byAudit, challenger, defender, claimed, bondWei, expiresAt, phase, play: playOf(challenge.game, game), stale: game.stale };
}

function playOf(id: bigint, { winner, phase, since, challengerLeft, defenderLeft }: GameReading): PlayView | null {
  if (id === 0n) return null;
  const turn = turnOf(PHASES[phase] ?? 'over');
  return { game: id, turn, since, until: since + (turn === 'challenger' ? challengerLeft : defenderLeft), winner: WINNERS[winner] ?? null };
}

export function viewOfRound({ round, record, beaconTarget, pendingMask, slots }: RoundReading, { terms }: JobReading): RoundView {
  const closed = record.closedAt !== 0;
  // The first root needs no posting: it stands in the terms from the start.
  const globalRoot = round === 0 ? terms.initialRoot : record.globalRoot;
  return {
    round,
    globalRoot: orNull(globalRoot),
    openedAt: record.openedAt,
    deadline: record.deadline,
    closed,
    closedAt: record.closedAt,
    drawn: closed && pendingMask === 0n,
    beaconBlock: beaconTarget,
    slots: slots.map((slot, k) => viewOfSlot(slot, round, k, globalRoot, closed, (pendingMask & (1n << BigInt(k))) !== 0n)),
  };
}

/** True when nothing in the round can change any more. */
export function isFinalRound(view: RoundView, reading: JobReading): boolean {
  // While its root is bonded it can be challenged, and with it the round becomes void.
  const firm = !reading.rounds.some(({ round, record }) => round === view.round && record.bondHeld);
  const over = firm && view.closed && view.drawn && reading.closedRounds > view.round;
  return over && view.slots.every(({ phase }) => phase === 'missed' || phase === 'paid' || phase === 'unpaid');
}

function viewOfSlot(reading: SlotReading, round: number, slot: number, globalRoot: `0x${string}`, closed: boolean, pending: boolean): SlotRoundView {
  const { record } = reading;
  const committed = record.phase === SLOT.committed || record.phase === SLOT.paid || record.phase === SLOT.unpaid;
  return {
    round,
    slot,
    holder: reading.holder === ZERO_ADDRESS ? null : reading.holder,
    phase: phaseOf(reading, closed, pending),
    commitment: committed ? { globalRoot, checkpointsRoot: record.checkpointsRoot, proposalRoot: record.proposalRoot, deltaHash: record.deltaHash, solver: record.solver } : null,
    audit: auditOf(reading),
    payWei: record.payWei,
    due: reading.due,
  };
}

function phaseOf({ record, audit, openChallenges }: SlotReading, closed: boolean, pending: boolean): SlotRoundPhase {
  if (record.phase === SLOT.paid) return 'paid';
  if (record.phase === SLOT.unpaid) return 'unpaid';
  if (record.phase === SLOT.missed) return 'missed';
  if (record.phase === SLOT.open) return closed ? 'missed' : 'open';
  if (openChallenges > 0) return 'held';
  if (!closed) return 'committed';
  if (pending) return 'waiting';
  const phase = AUDIT_PHASES[audit.phase];
  return phase === 'drawn' || phase === 'attested' || phase === 'opened' ? 'drawn' : 'waiting';
}

function auditOf({ audit }: SlotReading): AuditView | null {
  const phase = AUDIT_PHASES[audit.phase];
  if (!phase) return null;
  return { segment: audit.segment, attempt: audit.attempt, auditor: audit.auditor, phase, deadline: audit.deadline, beacon: audit.beacon, openedRoot: orNull(audit.openedRoot) };
}

function orNull(hash: `0x${string}`): `0x${string}` | null {
  return hash === ZERO_HASH ? null : hash;
}
