/** What the chain knows of a job, as one snapshot. Amounts are wei of TUT (18 decimals); times are seconds of block time. */
import type { Address, Hash } from './jobSpec.ts';

export interface JobTerms {
  readonly specHash: Hash;
  readonly programHash: Hash;
  readonly datasetRoot: Hash;
  readonly initialRoot: Hash;
  /** Of the facts that the court needs (SPEC D1). */
  readonly docketRoot: Hash;
  readonly slots: number;
  readonly rounds: number;
  /** C of SPEC T2. */
  readonly segments: number;
  readonly roundSeconds: number;
  /** The most that a slot may ask for one round. */
  readonly maxPriceWei: bigint;
  readonly auditFeeWei: bigint;
  /** Chance per 10 000 that a counted slot is audited. */
  readonly auditRate: number;
  readonly stakePerSlotWei: bigint;
  readonly receiptsNeeded: number;
  readonly minMacsPerSecond: bigint;
  readonly minMemoryBytes: bigint;
  /** Escrowed at posting; at least slots * rounds * (maxPrice + auditFee). */
  readonly bountyWei: bigint;
}

export type JobPhase = 'recruiting' | 'running' | 'finished' | 'cancelled';

export interface Bid {
  readonly bidder: Address;
  readonly priceWei: bigint;
  readonly macsPerSecond: bigint;
  readonly memoryBytes: bigint;
  readonly reputation: number;
  readonly stakeWei: bigint;
  /** Slot held, or null while waiting. */
  readonly slot: number | null;
}

export interface CommitmentView {
  readonly globalRoot: Hash;
  readonly checkpointsRoot: Hash;
  readonly proposalRoot: Hash;
  readonly deltaHash: Hash;
  readonly solver: Address;
}

/** abandoned: too many auditors in a row were silent; the slot ends unpaid. */
export type AuditPhase = 'drawn' | 'attested' | 'opened' | 'matched' | 'mismatched' | 'withheld' | 'abandoned';

export interface AuditView {
  readonly segment: number;
  readonly attempt: number;
  readonly auditor: Address;
  readonly phase: AuditPhase;
  readonly deadline: number;
  readonly beacon: Hash;
  /** Opened root and salt of checkpoint segment + 1, once opened. */
  readonly openedRoot: Hash | null;
}

/** open: nothing yet; missed: not counted; waiting: counted, audit or window pending. */
export type SlotRoundPhase = 'open' | 'committed' | 'missed' | 'waiting' | 'drawn' | 'held' | 'paid' | 'unpaid';

export interface SlotRoundView {
  readonly round: number;
  readonly slot: number;
  readonly holder: Address | null;
  readonly phase: SlotRoundPhase;
  readonly commitment: CommitmentView | null;
  readonly audit: AuditView | null;
  readonly payWei: bigint;
  /** True when settling now would decide this slot's pay (S1). */
  readonly due: boolean;
}

export interface RoundView {
  readonly round: number;
  /** Root of G_r; null until posted. */
  readonly globalRoot: Hash | null;
  readonly openedAt: number;
  readonly deadline: number;
  readonly closed: boolean;
  readonly closedAt: number;
  /** True once the draw ran for every slot. */
  readonly drawn: boolean;
  /** Block whose beacon draws; 0 until closed. */
  readonly beaconBlock: bigint;
  readonly slots: readonly SlotRoundView[];
}

/** Who is to move in the game about a challenge, and until when. */
export interface PlayView {
  /** Number of the game on chain. */
  readonly game: bigint;
  readonly turn: 'challenger' | 'defender';
  /** When that turn began. */
  readonly since: number;
  /** Whose turn it is has lost after this. */
  readonly until: number;
  /** Null while nobody has won. */
  readonly winner: 'challenger' | 'defender' | null;
}

/**
 * solverWrong, challengerWrong: as the game ended; moot: about work that another had
 * settled, or that is void.
 */
export type ChallengePhase = 'open' | 'solverWrong' | 'challengerWrong' | 'moot';

export interface ChallengeView {
  readonly id: bigint;
  readonly job: bigint;
  readonly round: number;
  /** 65535: the posted root of `round` is disputed, no slot's work. */
  readonly slot: number;
  /** Named by the audit that opened it; 0 where none did. */
  readonly segment: number;
  readonly byAudit: boolean;
  readonly challenger: Address;
  readonly defender: Address;
  readonly claimed: Hash;
  readonly bondWei: bigint;
  /** Unless it is played before. */
  readonly expiresAt: number;
  readonly phase: ChallengePhase;
  /** Null while nobody plays. */
  readonly play: PlayView | null;
  /** What it is about is struck or void. */
  readonly stale: boolean;
}

/** Work that was proven wrong (A8). */
export interface StrikeView {
  readonly round: number;
  readonly slot: number;
  readonly solver: Address;
}

export interface JobView {
  readonly id: bigint;
  readonly requestor: Address;
  readonly terms: JobTerms;
  readonly phase: JobPhase;
  /** The round in progress (or the last one). */
  readonly round: number;
  readonly escrowWei: bigint;
  readonly bids: readonly Bid[];
  readonly auditors: readonly Address[];
  /** Accounts that the requestor named at posting: their receipts count (R3). */
  readonly relays?: readonly Address[];
  /** Root of the state after the last round, once posted. */
  readonly finalRoot?: Hash | null;
  readonly rounds: readonly RoundView[];
  readonly challenges: readonly ChallengeView[];
  /** Oldest first. Each took the job back to its round (A8). */
  readonly strikes: readonly StrikeView[];
  /** Rounds are still to become void. */
  readonly rollingBack: boolean;
  /** True when every round is settled and `finishJob` would return the remainder (S2). */
  readonly finishable: boolean;
}

/** Something that happened on chain, for timelines and receipts. */
export interface ChainEvent {
  readonly name: string;
  readonly block: bigint;
  readonly time: number;
  readonly transaction: Hash;
  readonly args: Readonly<Record<string, unknown>>;
}
