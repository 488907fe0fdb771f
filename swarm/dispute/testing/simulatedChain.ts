/** A chain with an artificial clock that takes games, moves and bonds by the same rules as the contract (SPEC D10 to D12). */
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { type Action, type Game, type GameSetting, newGame } from '../game.ts';
import { move } from '../move.ts';
import { Refusal } from '../refusal.ts';

export interface GameOnChain {
  readonly game: Game;
  readonly log: readonly Action[];
  readonly transactions: number;
  /** Another game has settled the slot first: no winner, bonds went back. */
  readonly moot: boolean;
}

export class SimulatedChain {
  now = 1_000_000;
  burnedWei = 0n;
  readonly #balances = new Map<string, bigint>();
  readonly #games: GameOnChain[] = [];

  fund(account: string, wei: bigint): void {
    this.#balances.set(account, this.balance(account) + wei);
  }

  balance(account: string): bigint {
    return this.#balances.get(account) ?? 0n;
  }

  /** All balances, bonds and burned money: never changes but by `fund`. */
  totalWei(): bigint {
    const held = this.#games.flatMap(({ game, moot }) => (game.phase === 'over' || moot ? [] : [game.bondedWei.challenger, game.bondedWei.defender]));
    return [...this.#balances.values(), ...held, this.burnedWei].reduce((total, wei) => total + wei, 0n);
  }

  /** D12. Errors: Refusal. */
  open(setting: GameSetting, jobPath: readonly Hash[]): number {
    const twice = this.#games.some(({ game, moot }) => !moot && game.phase !== 'over' && game.setting.challenger === setting.challenger && sameSlot(game.setting, setting));
    if (twice) throw new Refusal('this challenger has a game on this slot already');
    if (this.#slotIsWrong(setting)) throw new Refusal('the slot is proven wrong already');
    this.#games.push({ game: newGame(setting, jobPath, this.now), log: [], transactions: 0, moot: false });
    return this.#games.length - 1;
  }

  at(id: number): GameOnChain {
    const found = this.#games[id];
    if (!found) throw new RangeError(`there is no game ${id}`);
    return found;
  }

  /** One transaction: all of its moves, or none. Errors: Refusal. */
  submit(id: number, actor: string, actions: readonly Action[]): void {
    const before = this.at(id);
    if (before.moot) throw new Refusal('the game is over');
    let { game } = before;
    for (const action of actions) game = move(game, action, actor, this.now);
    const { challenger, defender } = game.setting;
    const owed = { challenger: game.bondedWei.challenger - before.game.bondedWei.challenger, defender: game.bondedWei.defender - before.game.bondedWei.defender };
    if (owed.challenger > this.balance(challenger) || owed.defender > this.balance(defender)) throw new Refusal('the bond is not covered');
    this.fund(challenger, -owed.challenger);
    this.fund(defender, -owed.defender);
    this.#games[id] = { game, log: [...before.log, ...actions], transactions: before.transactions + 1, moot: false };
    if (game.result) this.#settle(game);
  }

  #settle(game: Game): void {
    const { challenger, defender } = game.setting;
    const [winner, loser, lost] = game.result?.winner === 'challenger' ? [challenger, defender, game.bondedWei.defender] : [defender, challenger, game.bondedWei.challenger];
    const won = lost / 2n;
    this.fund(winner, won + (winner === challenger ? game.bondedWei.challenger : game.bondedWei.defender));
    this.burnedWei += lost - won;
    if (loser !== defender) return;
    this.#games.forEach((other, id) => {
      if (other.moot || other.game.phase === 'over' || !sameSlot(other.game.setting, game.setting)) return;
      this.fund(other.game.setting.challenger, other.game.bondedWei.challenger);
      this.fund(defender, other.game.bondedWei.defender);
      this.#games[id] = { ...other, moot: true };
    });
  }

  #slotIsWrong(setting: GameSetting): boolean {
    return this.#games.some(({ game }) => game.result?.winner === 'challenger' && sameSlot(game.setting, setting));
  }
}

function sameSlot(a: GameSetting, b: GameSetting): boolean {
  return a.checkpointsRoot === b.checkpointsRoot && a.round === b.round && a.slot === b.slot;
}
