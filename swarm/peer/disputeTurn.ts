/** A side's turn in a dispute, from its own account of the round. Nothing is handed over outside the chain. */
import type { Account } from '#swarm/dispute/account.ts';
import type { Action } from '#swarm/dispute/game.ts';
import { NOTHING, playTurn } from '#swarm/dispute/playTurn.ts';
import type { DisputeTask } from './trainingEngine.ts';

/** Errors: Refusal where a move of its own does not hold, as a liar's do. */
export function disputeTurn(account: Account, { side, actor, game, log, now, sealed }: DisputeTask): Promise<readonly Action[] | null> {
  if (sealed) account.knowSealed(sealed.roots);
  return playTurn(side, { game, log, now, handed: NOTHING }, account, actor);
}
