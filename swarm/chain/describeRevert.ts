/** Contract errors as sentences: what is wrong, with the numbers, and where it helps what to do. */
import { BaseError, decodeErrorResult, formatEther, type Hex, hexToString } from 'viem';
import { ChainError } from './chainError.ts';
import { errorsAbi } from './contractAbis.ts';

type Sentence = (args: readonly unknown[]) => string;
const tut = (wei: unknown) => `${formatEther(wei as bigint)} TUT`;
const clock = (seconds: unknown) => (typeof seconds === 'bigint' || typeof seconds === 'number' ? new Date(Number(seconds) * 1000).toISOString().slice(11, 19) : String(seconds));
/** Rounds and slots are counted from 1 for people. */
const nth = (zeroBased: unknown) => Number(zeroBased) + 1;

const sentences: Readonly<Record<string, Sentence>> = {
  StakeTooLow: ([, free, needed]) => `not enough free stake: ${tut(needed)} needed, ${tut(free)} free`,
  WithdrawNotReady: ([, ready]) => `the withdrawal is ready at ${clock(ready)} UTC`,
  NothingToWithdraw: () => 'nothing is being withdrawn',
  NothingToClaim: () => 'there is nothing to claim yet',
  EscrowTooLow: ([job, left, needed]) => `the escrow of job ${job} holds ${tut(left)}, ${tut(needed)} are needed`,
  ZeroAmount: () => 'the amount is zero',
  FaucetCapReached: ([, cap]) => `the faucet gives an address ${tut(cap)} at most`,
  FaucetEmpty: ([left]) => `the faucet has only ${tut(left)} left`,
  BadTerms: ([field, given, limit]) => `the job's ${field} is ${given}; the limit is ${limit}`,
  WrongJobPhase: ([job, phase]) => `job ${job} is ${['unknown', 'recruiting', 'running', 'finished', 'cancelled'][Number(phase)]}: this is not possible now`,
  NotRequestor: ([job]) => `only the requestor of job ${job} can do this`,
  PriceTooHigh: ([price, max]) => `the price of ${tut(price)} is over the job's maximum of ${tut(max)}`,
  TooSlow: ([speed, least]) => `the job needs ${least} multiply-adds a second, this device offers ${speed}`,
  TooLittleMemory: ([memory, least]) => `the job needs ${least} bytes of memory, this device offers ${memory}`,
  StakeBelowTerms: ([stake, least]) => `the job asks for a stake of ${tut(least)}, offered were ${tut(stake)}`,
  AlreadyBid: ([job]) => `there is a bid of this account in job ${job} already`,
  NoBid: ([job]) => `this account has no bid in job ${job}`,
  NoBids: ([job]) => `nobody has bid for job ${job} yet`,
  TooManyBids: ([job, limit]) => `job ${job} has ${limit} bids, no more are taken`,
  NotHolder: ([, slot]) => `slot ${nth(slot)} is held by someone else`,
  NotFinishable: ([job, unsettled, open]) => `job ${job} cannot finish yet: ${unsettled} slot rounds are not settled, ${open} challenges are open`,
  RootNotPosted: ([, round]) => `the state that round ${nth(round)} starts from is not on chain yet`,
  WrongRound: ([, round, current]) => `round ${nth(round)} was named, the job is at round ${nth(current)}`,
  WrongGlobalRoot: () => 'the work starts from another state than the one on chain',
  TooLate: ([deadline]) => `the deadline was ${clock(deadline)} UTC`,
  AlreadyCommitted: ([, round, slot]) => `slot ${nth(slot)} has committed round ${nth(round)} already`,
  TooFewReceipts: ([counted, needed]) => `${needed} valid receipts are needed, ${counted} were given`,
  TooManyReceipts: ([given, limit]) => `${given} receipts were given, ${limit} is the limit`,
  RoundNotDue: ([, round, deadline]) => `round ${nth(round)} closes when all have committed or after ${clock(deadline)} UTC`,
  AlreadyClosed: ([, round]) => `round ${nth(round)} is closed`,
  NotClosed: ([, round]) => `round ${nth(round)} is not closed yet`,
  AuditsUndecided: ([, round, count]) => `${count} audits of round ${nth(round)} are undecided: at most two rounds run ahead of their audits`,
  RootAlreadyPosted: ([, round]) => `the state for round ${nth(round)} is on chain already`,
  NotAPoster: () => 'only holders of slots and the requestor post the next state',
  NothingDue: ([, round]) => `nothing is due in round ${nth(round)}`,
  RoundsLeft: ([job, closed, all]) => `job ${job} has closed ${closed} of ${all} rounds`,
  FinalRootTooYoung: ([, until]) => `the final state can be challenged until ${clock(until)} UTC`,
  ZeroHash: () => 'a hash is missing (all zeros)',
  AlreadyEnlisted: ([job]) => `this account is on job ${job}'s list of auditors already`,
  NotEnlisted: ([job]) => `this account is not an auditor of job ${job}`,
  TooManyAuditors: ([job, limit]) => `job ${job} has ${limit} auditors, no more are taken`,
  DrawsPending: () => 'a draw is pending that may name this auditor: try again after it',
  AuditsAssigned: ([, , count]) => `${count} audits of this account are not done yet`,
  NothingToDraw: ([, round]) => `round ${nth(round)} has nothing to draw`,
  BeaconUnknown: ([target, now]) => `the draw waits for block ${target}, now is ${now}`,
  WrongAuditPhase: ([, round, slot, phase]) => `the audit of round ${nth(round)}, slot ${nth(slot)} is ${auditPhases[Number(phase)]}: this move is not possible now`,
  NotAuditor: ([auditor]) => `the drawn auditor is ${auditor}`,
  NotSolver: ([solver]) => `the solver of this slot is ${solver}`,
  WrongOpening: ([, checkpoint]) => `the opening does not prove checkpoint ${checkpoint} of the commitment`,
  WrongReveal: () => 'the revealed target and salt are not what was attested',
  NotSilentYet: ([deadline]) => `there is time until ${clock(deadline)} UTC`,
  ZeroAttestation: () => 'the attestation is empty',
  NothingToChallenge: ([, round]) => `round ${nth(round)} has nothing here that can be challenged`,
  ChallengeWindowOver: ([until]) => `this could be challenged until ${clock(until)} UTC`,
  SameClaim: () => 'the claim equals what is on chain: there is nothing to dispute',
  AlreadyChallenging: ([, round, slot]) => `this account disputes round ${nth(round)}, slot ${nth(slot)} already`,
  NotChallenger: ([challenger]) => `only the challenger, ${challenger}, can do this`,
  NotPlayable: ([id]) => `challenge ${id} cannot be played: it is played already, no game covers it, or its work is struck or void`,
  GameNotOver: ([id]) => `the game about challenge ${id} is not over`,
  ChallengesOpen: ([, round, count]) => `${count} challenges up to round ${nth(round)} are open: at most two rounds run ahead of the court`,
  RollingBack: ([, round]) => `the job goes back to round ${nth(round)} just now`,
  NothingToRollBack: ([job]) => `job ${job} does not go back now`,
  EscrowSpent: ([job, escrow, needed]) => `the escrow of job ${job} holds ${tut(escrow)}, ${tut(needed)} are needed to pay this work too: somebody must add to it`,
  NotYourMove: () => 'it is not your move in this game',
  TimeIsUp: ([id]) => `the time to move in game ${id} is over`,
  TimeIsLeft: ([id, seconds]) => `the side that is to move in game ${id} has ${seconds} s left`,
  NotShown: ([what]) => `the move does not prove what it says: ${hexToText(what)}`,
  ChallengeNotOpen: ([id]) => `challenge ${id} is not open`,
  ChallengeNotExpired: ([id, at]) => `challenge ${id} runs until ${clock(at)} UTC`,
  UnknownStage: ([stage]) => `stage ${stage} is unknown: this job has stage 0 only`,
  NotModule: () => 'only contracts of the protocol may call this',
  NotTreasury: () => 'only the treasury, by a vote, may do this',
  FeeTooHigh: ([rate, limit]) => `a fee of ${rate} per 10 000 is over the limit of ${limit}`,
  ERC20InsufficientBalance: ([, balance, needed]) => `the balance is ${tut(balance)}, ${tut(needed)} are needed`,
  ERC20InsufficientAllowance: () => 'the deposit was not allowed: sign the permit again',
  ERC2771ForwarderExpiredRequest: ([deadline]) => `the signed request expired at ${clock(deadline)} UTC`,
  ERC2771ForwarderInvalidSigner: () => 'the signature does not fit the request, or it was used already',
  ERC2771UntrustfulTarget: ([target]) => `${target} does not take forwarded requests`,
};

const hexToText = (bytes: unknown) => hexToString(bytes as Hex, { size: 32 });

const auditPhases = [
  'not drawn',
  'waiting for its draw',
  'waiting for the auditor',
  'waiting for the solver to open',
  'waiting for the reveal',
  'matched',
  'mismatched',
  'withheld',
  'abandoned',
];

/** The sentence for revert data; unknown data is shown as it is. */
export function describeRevert(data: Hex): ChainError {
  try {
    const { errorName, args } = decodeErrorResult({ abi: errorsAbi, data });
    const given: readonly unknown[] = args ?? [];
    return new ChainError(sentences[errorName]?.(given) ?? `${errorName}(${given.map(String).join(', ')})`, errorName, given);
  } catch {
    return new ChainError(data === '0x' ? 'the contract refused without a reason' : `the contract refused: ${data.slice(0, 74)}`, 'Refused', []);
  }
}

/** Any failure of a call as a ChainError. */
export function describeFailure(error: unknown): ChainError {
  if (error instanceof ChainError) return error;
  const data = revertDataOf(error);
  if (data !== null) return describeRevert(data);
  if (refusedInWallet(error)) return new ChainError('you refused it in the wallet. Nothing was sent; try again when you like', 'RefusedInWallet', [], { cause: error });
  const text = error instanceof BaseError ? error.details || error.shortMessage : error instanceof Error ? error.message : String(error);
  return new ChainError(`the chain call failed: ${text.split('\n')[0]}`, 'ChainUnreachable', [], { cause: error });
}

/** EIP-1193: code 4001 is the person's no. */
function refusedInWallet(error: unknown): boolean {
  for (let inner: unknown = error; typeof inner === 'object' && inner !== null; inner = (inner as { cause?: unknown }).cause) {
    if ((inner as { code?: unknown }).code === 4001) return true;
  }
  return false;
}

function revertDataOf(error: unknown): Hex | null {
  for (let inner: unknown = error; typeof inner === 'object' && inner !== null; inner = (inner as { cause?: unknown }).cause) {
    const { data } = inner as { data?: unknown };
    if (typeof data === 'string' && /^0x[0-9a-f]*$/i.test(data)) return data as Hex;
    if (typeof data === 'object' && data !== null && typeof (data as { data?: unknown }).data === 'string') return (data as { data: Hex }).data;
  }
  return null;
}
