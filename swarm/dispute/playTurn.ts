/** All moves that an honest side makes now, in one go: they go into one transaction as long as it stays its turn. */
import type { Account } from './account.ts';
import type { Action } from './game.ts';
import type { GameView, Handed } from './gameView.ts';
import { move } from './move.ts';
import { honestMove } from './rules.ts';
import { type Side, turnOf } from './transitions.ts';

/** What a side that hands over nothing hands over: the chain has to be asked for every list. */
export const NOTHING: Handed = { checkpoints: async () => null, list: async () => null, content: async () => null };

/** `actor`: this side's address. Null where there is nothing to do or to say. Errors: Refusal where a move of its own does not hold. */
export async function playTurn(side: Side, view: GameView, account: Account, actor: string): Promise<readonly Action[] | null> {
  const actions: Action[] = [];
  let { game } = view;
  while (game.phase !== 'over' && (turnOf(game.phase) === side || actions.length === 0)) {
    const found = await honestMove(side, { ...view, game, log: [...view.log, ...actions] }, account);
    if (!found) break;
    game = move(game, found.action, actor, view.now);
    actions.push(found.action);
  }
  return actions.length > 0 ? actions : null;
}
