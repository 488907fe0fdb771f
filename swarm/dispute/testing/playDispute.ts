/** Two players, one game, an artificial clock: who is to move plays, or lets its time run out. */
import type { Account } from '../account.ts';
import type { Action } from '../game.ts';
import { type GameView, type Handed, handOver } from '../gameView.ts';
import { NOTHING, playTurn } from '../playTurn.ts';
import { Refusal } from '../refusal.ts';
import { type Side, turnOf } from '../transitions.ts';
import type { SimulatedChain } from './simulatedChain.ts';

export interface Player {
  /** The moves of one transaction; null: says nothing. */
  play(view: GameView): Promise<readonly Action[] | null>;
  /** Seconds that it lets go by before it plays; none unless told. */
  waits?(view: GameView): number;
  /** What it hands over outside the chain. */
  readonly handed: Handed;
}

/** Moves go into one transaction as long as it stays this side's turn. */
export function honestPlayer(side: Side, account: Account, actor: string): Player {
  return {
    play: (view) => playTurn(side, view, account, actor),
    handed: side === 'defender' ? handOver(account) : NOTHING,
  };
}

/** Plays to the end. Seconds pass with every transaction. Returns the refusals that players ran into. Errors: where the game does not end. */
export async function playDispute(chain: SimulatedChain, id: number, players: Readonly<Record<Side, Player>>): Promise<string[]> {
  const refused: string[] = [];
  const { setting } = chain.at(id).game;
  const view = (side: Side): GameView => {
    const { game, log } = chain.at(id);
    const other: Side = side === 'challenger' ? 'defender' : 'challenger';
    return { game, log, now: chain.now, handed: players[other].handed };
  };
  for (let turns = 0; chain.at(id).game.phase !== 'over'; turns++) {
    if (turns > 500) throw new Error('the game does not end');
    const side = turnOf(chain.at(id).game.phase);
    const other: Side = side === 'challenger' ? 'defender' : 'challenger';
    const actions = await players[side].play(view(side)).catch((error: unknown) => refusal(error, refused));
    chain.now += 12 + (players[side].waits?.(view(side)) ?? 0);
    const done = actions !== null && submitted(chain, id, setting[side], actions, refused);
    if (done) continue;
    chain.now += setting.clockSeconds + 1;
    const late = await players[other].play(view(other));
    if (!late || !submitted(chain, id, setting[other], late, refused)) throw new Error(`nobody ends the game in phase ${chain.at(id).game.phase}: ${refused.join('; ')}`);
  }
  return refused;
}

function submitted(chain: SimulatedChain, id: number, actor: string, actions: readonly Action[], refused: string[]): boolean {
  try {
    chain.submit(id, actor, actions);
    return true;
  } catch (error) {
    refusal(error, refused);
    return false;
  }
}

/** A refused move is no move; any other error is a fault of this code. */
function refusal(error: unknown, refused: string[]): null {
  if (!(error instanceof Refusal)) throw error;
  refused.push(error.message);
  return null;
}
