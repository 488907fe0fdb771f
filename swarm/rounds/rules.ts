/**
 * Everything a peer may do in a job, one row each: when it applies, and why it is right to do it.
 * Rows are independent; `tick` leaves out what runs already or failed a moment ago.
 */
import type { AuditPhase, ChallengeView, JobView, PlayView, RoundView, SlotRoundPhase, SlotRoundView } from '#swarm/protocol/jobView.ts';
import { GLOBAL_SLOT } from '#swarm/protocol/limits.ts';
import type { Effect, EffectKind, PeerState } from './peerState.ts';

/** Where anyone may act, peers take turns by their place, so that one transaction is sent and not thirty. */
const TURN_SECONDS = 4;

/** A moment in which every tab computes its own next root, so that none has only copied the first that was posted. */
const OWN_ROOT_SECONDS = 2;

/** K of SPEC R7. */
const RUN_AHEAD = 2;
const ACCUSABLE: readonly SlotRoundPhase[] = ['committed', 'waiting', 'drawn', 'held'];
const UNDECIDED: readonly AuditPhase[] = ['drawn', 'attested', 'opened'];

type Place = Partial<Pick<Effect, 'round' | 'slot' | 'segment' | 'attempt'>>;

export interface Rule {
  readonly kind: EffectKind;
  readonly spec: string;
  readonly why: string;
  readonly find: (state: PeerState, view: JobView, now: number, turn: number) => readonly Place[];
}

const sameAddress = (a: string | null, b: string) => a !== null && a.toLowerCase() === b.toLowerCase();
/** D14: who stands in for a side in a dispute lets this share of the side's time go by, for the side to move itself. */
const HEAD_START = 1 / 8;
const standsFor = (state: PeerState, side: string) => state.standsFor.some((one) => sameAddress(side, one));
const isMover = (state: PeerState, side: string, { since, until }: PlayView, now: number) =>
  sameAddress(side, state.me) || (standsFor(state, side) && now >= since + (until - since) * HEAD_START);
const isParty = (state: PeerState, view: JobView) =>
  state.watches ||
  state.standsFor.length > 0 ||
  sameAddress(view.requestor, state.me) ||
  view.bids.some((bid) => sameAddress(bid.bidder, state.me)) ||
  view.auditors.some((auditor) => sameAddress(auditor, state.me));
const current = (view: JobView): RoundView | undefined => (view.phase === 'running' ? view.rounds[view.round] : undefined);
const mine = (state: PeerState, round: RoundView): SlotRoundView[] => round.slots.filter((slot) => sameAddress(slot.holder, state.me));
/** Place among the holders, from 0, or -1. */
const holderPlace = (state: PeerState, view: JobView) =>
  view.bids
    .filter(({ slot }) => slot !== null)
    .toSorted((a, b) => (a.slot ?? 0) - (b.slot ?? 0))
    .findIndex(({ bidder }) => sameAddress(bidder, state.me));
const allCommitted = (round: RoundView) => round.slots.every((slot) => slot.holder === null || slot.commitment !== null);
/** R7: otherwise the chain refuses to close, however often it is asked. */
const auditsDecided = (round: RoundView | undefined) => !round || (round.drawn && round.slots.every(({ audit }) => !audit || !UNDECIDED.includes(audit.phase)));
/** R7: a challenge of work in a round that this one must not run away from. */
const waitsForCourt = (view: JobView, round: number) => view.rollingBack || view.challenges.some((one) => one.phase === 'open' && !one.stale && one.round <= round - RUN_AHEAD);
const isOpen = (challenge: ChallengeView) => challenge.phase === 'open' && !challenge.stale;
const challengesOf = (view: JobView, wanted: (challenge: ChallengeView) => boolean): Place[] =>
  each(view.challenges, (challenge) => (wanted(challenge) ? { round: challenge.round, slot: challenge.slot, segment: challenge.segment, attempt: Number(challenge.id) } : null));
/** Rounds whose work can still be accused, as far as a watchtower can tell: the one that is open and the one before. */
const watchable = (state: PeerState, view: JobView): RoundView[] =>
  state.material && view.phase === 'running'
    ? view.rounds.filter(({ round, globalRoot }) => round >= view.round - 1 && globalRoot !== null && state.globals[round] === globalRoot)
    : [];
const myTurn = (since: number, now: number, turn: number) => now >= since + turn * TURN_SECONDS;
const each = <T>(items: readonly T[], pick: (item: T) => Place | null): Place[] => items.map(pick).filter((place) => place !== null);

/** The newest round whose global root is on chain: what a peer needs to have to take part. */
const newestGlobal = (view: JobView): RoundView | undefined => view.rounds.findLast((round) => round.globalRoot !== null);

export const rules: readonly Rule[] = [
  {
    kind: 'getMaterial',
    spec: 'H5',
    why: 'program and data are needed before anything can be run or checked',
    find: (state, view) => (!state.material && isParty(state, view) && view.phase !== 'cancelled' && view.phase !== 'finished' ? [{}] : []),
  },
  {
    kind: 'getGlobal',
    spec: 'T2',
    why: 'a newcomer needs only G_r: initial weights, or the state whose root stands on chain',
    find: (state, view) => {
      const newest = newestGlobal(view);
      if (!newest || !state.material || !isParty(state, view) || state.globals[newest.round]) return [];
      const canCompute = newest.round > 0 && state.globals[newest.round - 1] !== undefined;
      return canCompute ? [] : [{ round: newest.round }];
    },
  },
  {
    kind: 'train',
    spec: 'T2',
    why: 'this peer holds the slot, the round is open, and it starts from the posted root',
    find: (state, view, now) => {
      const round = current(view);
      if (!round || round.closed || now >= round.deadline || !round.globalRoot || state.globals[round.round] !== round.globalRoot) return [];
      return each(mine(state, round), (slot) => (slot.commitment || state.trained[`${round.round}/${slot.slot}`] ? null : { round: round.round, slot: slot.slot }));
    },
  },
  {
    kind: 'commit',
    spec: 'R2',
    why: 'the round is trained; the commitment must be on chain by the deadline',
    find: (state, view, now) => {
      const round = current(view);
      if (!round || round.closed || now >= round.deadline) return [];
      return each(mine(state, round), (slot) => (!slot.commitment && state.trained[`${round.round}/${slot.slot}`] ? { round: round.round, slot: slot.slot } : null));
    },
  },
  {
    kind: 'closeRound',
    spec: 'R5, R7',
    why: 'every slot has committed or the deadline has passed; anyone may fix the bitmap',
    find: (state, view, now, turn) => {
      const round = current(view);
      if (!round || round.closed || !isParty(state, view) || !auditsDecided(view.rounds[round.round - RUN_AHEAD]) || waitsForCourt(view, round.round)) return [];
      // With all commitments in, closing at once saves everyone the wait; the turn starts when this peer sees it.
      const disputed = view.challenges.some((one) => isOpen(one) && one.slot === GLOBAL_SLOT && one.round === round.round);
      const ready = allCommitted(round) || (!disputed && myTurn(round.deadline, now, turn + 1));
      return ready ? [{ round: round.round }] : [];
    },
  },
  {
    kind: 'computeNext',
    spec: 'T5',
    why: 'the counted slots are fixed and G_r is here, so G_{r+1} has one value',
    find: (state, view) =>
      each(view.rounds, (round) => (round.closed && state.material && state.globals[round.round] && !state.globals[round.round + 1] ? { round: round.round } : null)),
  },
  {
    kind: 'postNext',
    spec: 'R6',
    why: 'the next round cannot start before its root is on chain',
    find: (state, view, now) => {
      const holder = holderPlace(state, view);
      // The requestor after all of them: none of the holders may be left that is believed.
      const place = holder >= 0 ? holder : sameAddress(view.requestor, state.me) ? view.terms.slots + 1 : -1;
      if (view.phase !== 'running' || place < 0) return [];
      return each(view.rounds, (round) => {
        const after = round.round + 1;
        const isLast = after === view.terms.rounds;
        const missing = isLast ? view.finalRoot === null || view.finalRoot === undefined : after === view.round && !view.rounds[after]?.globalRoot;
        const due = round.closed && missing && myTurn(round.closedAt + OWN_ROOT_SECONDS, now, place);
        return due && state.globals[after] ? { round: after } : null;
      });
    },
  },
  {
    kind: 'challengeNext',
    spec: 'R6',
    why: 'the posted root is not what the counted deltas give, and this peer has not said so yet',
    find: (state, view) => {
      if (view.phase !== 'running') return [];
      const posted = [...view.rounds.map(({ round, globalRoot }) => ({ round, globalRoot })), { round: view.terms.rounds, globalRoot: view.finalRoot ?? null }];
      return each(posted.slice(-RUN_AHEAD - 1), ({ round, globalRoot }) => {
        const own = state.globals[round];
        const said = view.challenges.some((one) => one.slot === GLOBAL_SLOT && one.round === round && !one.stale && sameAddress(one.challenger, state.me));
        // What stands on a false root falls with it: the first of them is the one to dispute.
        const base = posted.findLast((earlier) => earlier.round < round && earlier.globalRoot !== null);
        const agreed = base !== undefined && state.globals[base.round] === base.globalRoot;
        return agreed && own && globalRoot && own !== globalRoot && !said ? { round } : null;
      });
    },
  },
  {
    kind: 'draw',
    spec: 'A1',
    why: 'the beacon is known; a late draw changes nothing, a missing one pays nobody',
    find: (state, view, now, turn) =>
      isParty(state, view) ? each(view.rounds, (round) => (round.closed && !round.drawn && myTurn(round.closedAt + 4, now, turn) ? { round: round.round } : null)) : [],
  },
  {
    kind: 'watch',
    spec: 'D12',
    why: 'what honest work comes to is known as soon as G_r is: the window to accuse is short',
    find: (state, view) =>
      state.watches
        ? watchable(state, view).flatMap(({ round, globalRoot, slots }) => each(slots, ({ slot }) => (state.watched[`${globalRoot}/${slot}`] ? null : { round, slot })))
        : [],
  },
  {
    kind: 'accuse',
    spec: 'R4, D12',
    why: 'the committed work is not what the Program gives, and this watchtower has not said so yet',
    find: (state, view) =>
      watchable(state, view).flatMap(({ round, globalRoot, slots }) =>
        each(slots, ({ slot, commitment, phase }) => {
          const right = state.watched[`${globalRoot}/${slot}`];
          const said = view.challenges.some(
            (one) => one.round === round && one.slot === slot && sameAddress(one.challenger, state.me) && sameAddress(one.defender, commitment?.solver ?? ''),
          );
          return right && commitment && ACCUSABLE.includes(phase) && commitment.proposalRoot !== right && !said ? { round, slot } : null;
        }),
      ),
  },
  {
    kind: 'audit',
    spec: 'A3',
    why: 'this peer was drawn: replay, then attest before the root is opened',
    find: (state, view, now) =>
      auditsOf(view, (slot) => sameAddress(slot.audit?.auditor ?? null, state.me) && slot.audit?.phase === 'drawn' && now < slot.audit.deadline && state.material),
  },
  {
    kind: 'openAudit',
    spec: 'A5',
    why: 'an attestation stands: silence would cost the pay of this slot',
    find: (state, view) => auditsOf(view, (slot) => sameAddress(slot.commitment?.solver ?? null, state.me) && slot.audit?.phase === 'attested'),
  },
  {
    kind: 'revealAudit',
    spec: 'A3',
    why: 'the root is open: show what was attested',
    find: (state, view) => auditsOf(view, (slot) => sameAddress(slot.audit?.auditor ?? null, state.me) && slot.audit?.phase === 'opened'),
  },
  {
    kind: 'claimSilence',
    spec: 'A4, A5',
    why: 'someone is past its time; until it is said on chain nobody is paid',
    find: (state, view, now, turn) =>
      isParty(state, view)
        ? auditsOf(view, (slot) => {
            const audit = slot.audit;
            return audit !== null && UNDECIDED.includes(audit.phase) && myTurn(audit.deadline + 1, now, turn);
          })
        : [],
  },
  {
    kind: 'settle',
    spec: 'S1',
    why: 'the slot is due',
    find: (state, view, now, turn) =>
      isParty(state, view) ? each(view.rounds, (round) => (round.slots.some((slot) => slot.due) && myTurn(round.closedAt, now, turn) ? { round: round.round } : null)) : [],
  },
  {
    kind: 'playChallenge',
    spec: 'D6, D12, D14',
    why: 'this peer, or one that it stands in for, has accused: only the game can prove it right, and its silence would lose the bond',
    find: (state, view) => challengesOf(view, (one) => isOpen(one) && (sameAddress(one.challenger, state.me) || standsFor(state, one.challenger)) && !one.play && state.material),
  },
  {
    kind: 'dispute',
    spec: 'D6, D13, D14',
    why: 'it is this peer that is to move, or one that it stands in for and that is late, and the clock runs',
    find: (state, view, now) =>
      challengesOf(
        view,
        (one) => isOpen(one) && one.play !== null && one.play.winner === null && now <= one.play.until && isMover(state, one[one.play.turn], one.play, now) && state.material,
      ),
  },
  {
    kind: 'claimTime',
    spec: 'D10',
    why: 'silence loses, but only once somebody says so',
    find: (state, view, now, turn) =>
      challengesOf(view, ({ play, ...one }) => {
        if (!play || play.winner !== null || one.phase !== 'open' || one.stale || now <= play.until + 1) return false;
        const waiting = play.turn === 'challenger' ? one.defender : one.challenger;
        return sameAddress(waiting, state.me) || (isParty(state, view) && myTurn(play.until, now, turn + 1));
      }),
  },
  {
    kind: 'concludeChallenge',
    spec: 'D11, A8',
    why: 'the court has ruled, or the work is gone: stake, bonds and pay follow only once somebody says so',
    find: (state, view, now, turn) =>
      view.rollingBack
        ? []
        : challengesOf(view, (one) => {
            if (one.phase !== 'open' || !(one.stale || one.play?.winner)) return false;
            const mine = sameAddress(one.challenger, state.me) || sameAddress(one.defender, state.me);
            return mine || (isParty(state, view) && myTurn(Math.max(one.expiresAt, one.play?.until ?? 0), now, turn));
          }),
  },
  {
    kind: 'rollBack',
    spec: 'A8',
    why: 'work stands on what was struck: its rounds are void, and the last good one waits',
    find: (state, view) => (view.rollingBack && isParty(state, view) ? [{ round: view.round }] : []),
  },
  {
    kind: 'expireChallenge',
    spec: 'A7, D12',
    why: 'nobody has played it in time',
    find: (state, view, now, turn) => (isParty(state, view) ? challengesOf(view, (one) => isOpen(one) && !one.play && myTurn(one.expiresAt, now, turn)) : []),
  },
  {
    kind: 'enlist',
    spec: 'A1, A6',
    why: 'this peer is to check work and has no place: its bond went behind a challenge, or was lost; with stake it takes one again',
    find: (state, view) => (state.verifies && view.phase === 'running' && !view.auditors.some((auditor) => sameAddress(auditor, state.me)) ? [{}] : []),
  },
  {
    kind: 'finish',
    spec: 'S2',
    why: 'all rounds are settled: the rest goes home',
    find: (state, view, now, turn) => {
      const last = view.rounds[view.terms.rounds - 1];
      return view.finishable && isParty(state, view) && last && myTurn(last.closedAt, now, turn) ? [{}] : [];
    },
  },
];

function auditsOf(view: JobView, wanted: (slot: SlotRoundView) => boolean): Place[] {
  return view.rounds.flatMap((round) =>
    each(round.slots, (slot) => (slot.audit && wanted(slot) ? { round: round.round, slot: slot.slot, segment: slot.audit.segment, attempt: slot.audit.attempt } : null)),
  );
}
