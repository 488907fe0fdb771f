/** The game's only door: (game, move, who, now) -> the next game, or a Refusal that changes nothing (SPEC D6 to D11). */
import { faultMoves } from './faultMoves.ts';
import type { Action, Game } from './game.ts';
import { require } from './refusal.ts';
import { type MoveKind, type Side, transitions, turnOf } from './transitions.ts';
import { walkMoves } from './walkMoves.ts';

/** What a move does, once phase, turn, clock and bond are settled. Errors: Refusal. */
export type Handler<K extends MoveKind> = (game: Game, action: Extract<Action, { kind: K }>) => Game;
export type Handlers<K extends MoveKind = MoveKind> = { readonly [M in K]: Handler<M> };

const handlers: Handlers = {
  ...walkMoves,
  ...faultMoves,
  timeout: (game) => ({ ...game, phase: 'over', result: { winner: turnOf(game.phase) === 'challenger' ? 'defender' : 'challenger', why: `${turnOf(game.phase)}: time is up` } }),
};

/** Seconds left to the side that is to move; under 0 it has lost. */
export function secondsLeft(game: Game, now: number): number {
  return game.clock[turnOf(game.phase)] - (now - game.since);
}

/** D11: what a side must have bonded in all to move at a depth. */
export function bondAt({ setting }: Game, side: Side, depth: number): bigint {
  return (side === 'defender' ? (setting.defenderBondWei ?? setting.bondWei) : setting.bondWei) << BigInt(depth);
}

/**
 * `actor` is an address; `now` seconds of block time. What the mover's `bondedWei` rises by is to be locked by the caller.
 * Errors: Refusal.
 */
export function move(game: Game, action: Action, actor: string, now: number): Game {
  const row = transitions.find(({ phase, move: kind }) => phase === game.phase && kind === action.kind);
  require(row !== undefined, game.phase === 'over' ? 'the game is over' : `in phase ${game.phase} there is no ${action.kind}`);
  const side: Side = row.by;
  require(row.open === true || actor === game.setting[side], `it is the ${side}'s move`);
  const left = secondsLeft(game, now);
  require(action.kind === 'timeout' ? left < 0 : left >= 0, action.kind === 'timeout' ? `the ${side} has ${left} s left` : `the ${side}'s time is up`);
  const bonded = row.depth > 0 || action.kind === 'openSegment' || action.kind === 'chooseSegment' ? bondAt(game, side, row.depth) : 0n;
  const funded: Game = {
    ...game,
    clock: { ...game.clock, [side]: Math.max(0, left) },
    since: now,
    bondedWei: bonded > game.bondedWei[side] ? { ...game.bondedWei, [side]: bonded } : game.bondedWei,
  };
  const next = (handlers[action.kind] as Handler<MoveKind>)(funded, action as never);
  if (!row.next.includes(next.phase)) throw new Error(`${action.kind} led to ${next.phase}, which the table does not have`);
  return next;
}
