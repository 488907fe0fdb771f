/**
 * What honest players do, one row each: in which phase, and why it is right (SPEC D13). A player plays the first row of its
 * side that gives a move. Everything follows from the game as the chain shows it and the player's own account of the round.
 */
import type { Account } from './account.ts';
import { accountIn } from './deltaAccount.ts';
import * as challenger from './challenger.ts';
import * as defender from './defender.ts';
import { type GameView, otherIsLate } from './gameView.ts';
import type { Action } from './game.ts';
import type { Phase, Side } from './transitions.ts';

export interface Rule {
  readonly name: string;
  readonly side: Side;
  readonly phase: Phase | 'any';
  readonly why: string;
  /** Null where the row does not apply. */
  readonly find: (view: GameView, account: Account) => Promise<Action | null>;
}

const claimTime = async (view: GameView): Promise<Action | null> => (otherIsLate(view) ? { kind: 'timeout' } : null);

export const rules: readonly Rule[] = [
  { name: 'say that time is up', side: 'challenger', phase: 'any', why: 'silence loses, but only once somebody says so', find: claimTime },
  { name: 'say that time is up', side: 'defender', phase: 'any', why: 'silence loses, but only once somebody says so', find: claimTime },

  {
    name: 'choose the first segment that ends otherwise',
    side: 'challenger',
    phase: 'segment',
    why: 'its beginning is agreed, so the fault is inside',
    find: challenger.chooseSegment,
  },
  {
    name: 'ask for the checkpoint in the middle',
    side: 'challenger',
    phase: 'segment',
    why: 'roots were withheld; each answer halves what is left',
    find: challenger.askCheckpoint,
  },
  { name: 'show the checkpoint', side: 'defender', phase: 'sealed', why: 'it was sealed to be opened', find: defender.revealCheckpoint },
  { name: 'open the segment', side: 'defender', phase: 'opening', why: 'its steps were computed, so their roots can be committed', find: defender.openSegment },

  {
    name: 'claim the delta',
    side: 'defender',
    phase: 'opening',
    why: 'it was made of what the round began and ended with',
    find: defender.claimDelta,
  },

  { name: 'show a wrong start', side: 'challenger', phase: 'steps', why: 'the round did not begin with G_r', find: challenger.faultStart },
  { name: 'open the first step that ends otherwise', side: 'challenger', phase: 'steps', why: 'the state before is agreed', find: challenger.openStep },
  { name: 'demand the list of steps', side: 'challenger', phase: 'steps', why: 'what is withheld has to be shown on chain', find: challenger.demandSteps },
  { name: 'claim the step', side: 'defender', phase: 'claim', why: 'inputs and trace were computed in this or an earlier run of the same step', find: defender.claimStep },

  { name: 'name the first wrong input', side: 'challenger', phase: 'fault', why: 'nothing else can be judged on wrong inputs', find: challenger.nameInput },
  {
    name: 'name the first wrong operation',
    side: 'challenger',
    phase: 'fault',
    why: 'all to its left is agreed, so it follows from agreed values',
    find: challenger.nameOperation,
  },
  { name: 'show that the step is poison', side: 'challenger', phase: 'fault', why: 'the trace is agreed, and it holds the witness', find: challenger.faultPoison },
  { name: 'show a wrong state after', side: 'challenger', phase: 'fault', why: 'the trace is agreed, and the state does not follow from it', find: challenger.faultAfter },

  { name: 'name the first wrong word', side: 'challenger', phase: 'tensor', why: 'its piece was compared word by word', find: challenger.nameWord },
  { name: 'demand the piece', side: 'challenger', phase: 'tensor', why: 'what is withheld has to be shown on chain', find: challenger.demandPiece },
  { name: 'commit the prefixes', side: 'defender', phase: 'prefixes', why: 'every one of them was computed', find: defender.commitPrefixes },
  { name: 'open the first wrong term', side: 'challenger', phase: 'term', why: 'the prefix before is agreed', find: challenger.openTerm },
  { name: 'demand the prefix', side: 'challenger', phase: 'term', why: 'what is withheld has to be shown on chain', find: challenger.demandPrefix },

  { name: 'answer the demand', side: 'defender', phase: 'answer', why: 'it is under a root that this party posted', find: defender.answer },
];

/** The honest move now, with the row that it comes from; null where it is not this side's move, or there is nothing to dispute. */
export async function honestMove(side: Side, view: GameView, round: Account): Promise<{ readonly rule: Rule; readonly action: Action } | null> {
  const account = accountIn(view.game, round);
  for (const rule of rules) {
    if (rule.side !== side || (rule.phase !== 'any' && rule.phase !== view.game.phase)) continue;
    const action = await rule.find(view, account);
    if (action) return { rule, action };
  }
  return null;
}
