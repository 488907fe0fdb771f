import { beforeAll, describe, expect, test } from 'vitest';
import { checkpointsRoot } from '#swarm/protocol/checkpointTree.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { globalRoot } from '#swarm/training/globalState.ts';
import { Account, type RoundMaterial } from './account.ts';
import { type Action, type GameSetting, newGame } from './game.ts';
import { handOver } from './gameView.ts';
import { bondAt, move } from './move.ts';
import { Refusal } from './refusal.ts';
import { honestMove, rules } from './rules.ts';
import { alphabet } from './testing/disputeMaterial.ts';
import { LyingAccount } from './testing/lyingAccount.ts';
import { NOTHING } from './playTurn.ts';
import { honestPlayer, playDispute } from './testing/playDispute.ts';
import { SimulatedChain } from './testing/simulatedChain.ts';
import { MOVES, PHASES, type Side, transitions, turnOf } from './transitions.ts';

const BOND = 1000n;
const CLOCK = 3600;
const SALT: Hash = `0x${'5a'.repeat(32)}`;
const salt = () => SALT;
const material: RoundMaterial = alphabet(40, 40);
let setting: GameSetting;
const truth = () => new Account(material, salt);
/** The search begins a little before the first seed that will do. */
let lieSeed = 1170;
const liar = () => new LyingAccount(material, 'wrong value', new RandomWords(lieSeed), salt);

/** A lie about the reduction, so that a game goes to its last phase. */
beforeAll(async () => {
  do {
    lieSeed++;
    setting = settingFor(await liar().checkpointRoots());
  } while (!(await record()).some(({ action }) => action.kind === 'openTerm'));
});

function settingFor(roots: readonly Hash[]): GameSetting {
  return {
    docketRoot: material.docket.root,
    job: material.docket.job,
    round: material.globalState.round,
    slot: material.slot,
    globalRoot: globalRoot(material.globalState),
    checkpointsRoot: checkpointsRoot(
      roots,
      roots.map(() => SALT),
    ),
    endRoot: SALT,
    counted: null,
    endRound: 0,
    segment: null,
    clockSeconds: CLOCK,
    bondWei: BOND,
    challenger: 'alice',
    defender: 'solver',
  };
}

function fundedChain(...names: string[]): SimulatedChain {
  const chain = new SimulatedChain();
  for (const name of names) chain.fund(name, 100n * BOND);
  return chain;
}

const players = (challenger = 'alice') => ({ challenger: honestPlayer('challenger', truth(), challenger), defender: honestPlayer('defender', liar(), 'solver') });

/** The honest moves of one whole game, in order, with who made them. */
async function record(withheld = false): Promise<{ actor: string; action: Action }[]> {
  const accounts = { challenger: truth(), defender: liar() };
  let game = newGame(setting, material.docket.jobPath, 0);
  const moves: { actor: string; action: Action }[] = [];
  while (game.phase !== 'over') {
    const side = turnOf(game.phase);
    const view = { game, log: moves.map(({ action }) => action), now: 0, handed: side === 'challenger' && !withheld ? handOver(accounts.defender) : NOTHING };
    const found = await honestMove(side, view, accounts[side]);
    if (!found) return moves;
    moves.push({ actor: setting[side], action: found.action });
    game = move(game, found.action, setting[side], 0);
  }
  return moves;
}

describe('the table of moves (SPEC D6)', () => {
  test('every phase but the last has a way on, every move a row, and only one side is to move', () => {
    for (const phase of PHASES) {
      const rows = transitions.filter((row) => row.phase === phase);
      if (phase === 'over') expect(rows).toEqual([]);
      else expect(rows.filter(({ move: kind }) => kind !== 'timeout').length).toBeGreaterThan(0);
      for (const row of rows) expect(row.by).toBe(turnOf(phase));
    }
    expect(new Set(transitions.map((row) => row.move))).toEqual(new Set(MOVES));
  });

  test('every phase but the last can be reached, and from each the end', () => {
    const reached = new Set(['segment']);
    for (let k = 0; k < PHASES.length; k++) for (const row of transitions) if (reached.has(row.phase)) for (const next of row.next) reached.add(next);
    expect([...reached].sort()).toEqual([...PHASES].sort());
  });

  test('every phase has an honest rule of the side that is to move, with a reason (D13)', () => {
    for (const phase of PHASES.filter((name) => name !== 'over')) {
      const own = rules.filter((rule) => rule.phase === phase);
      expect(own.length, phase).toBeGreaterThan(0);
      for (const rule of own) expect(rule.side).toBe(turnOf(phase));
    }
    for (const rule of rules) expect(rule.why.length).toBeGreaterThan(10);
  });
});

test('a game begins with the facts of the docket, and a segment that exists, the delta being the last (SPEC D1, D6)', () => {
  const { jobPath } = material.docket;
  expect(() => newGame({ ...setting, job: { ...setting.job, batch: 3 } }, jobPath, 0)).toThrow(Refusal);
  expect(() => newGame(setting, jobPath.slice(1), 0)).toThrow(Refusal);
  expect(() => newGame({ ...setting, segment: 2 }, jobPath, 0)).toThrow(Refusal);
  expect(newGame({ ...setting, segment: 0 }, jobPath, 0).phase).toBe('opening');
});

describe('moves that are refused (SPEC D6, D10)', () => {
  test.each([false, true])('a replayed, foreign or spoiled move changes nothing, all along a game (withheld: %s)', async (withheld) => {
    let game = newGame(setting, material.docket.jobPath, 0);
    const moves = await record(withheld);
    const past: Action[] = [];
    for (const { actor, action } of moves) {
      for (const old of past) {
        if (transitions.some((row) => row.phase === game.phase && row.move === old.kind)) continue;
        expect(() => move(game, old, actor, 0)).toThrow(Refusal);
      }
      const open = transitions.find((row) => row.phase === game.phase && row.move === action.kind)?.open;
      if (!open) expect(() => move(game, action, 'mallory', 0)).toThrow(/move/);
      for (const spoiled of spoil(action)) expect(() => move(game, spoiled, actor, 0), JSON.stringify(spoiled).slice(0, 200)).toThrow(Refusal);
      expect(() => move(game, action, actor, CLOCK + 1)).toThrow(/time is up/);
      expect(() => move(game, { kind: 'timeout' }, 'mallory', CLOCK)).toThrow(/left/);
      game = move(game, action, actor, 0);
      past.push(action);
    }
    expect(game.result?.winner).toBe('challenger');
    for (const old of [...past, { kind: 'timeout' } as const]) expect(() => move(game, old, 'alice', 0)).toThrow(/over/);
  });
});

/** The move with one of its paths cut, lengthened, or one hash changed. */
function spoil(action: Action): Action[] {
  const spoiled: Action[] = [];
  const visit = (value: unknown, rebuild: (next: unknown) => unknown) => {
    if (Array.isArray(value)) {
      const isPath = value.every((item) => typeof item === 'string' && /^0x[0-9a-f]{64}$/.test(item));
      if (isPath) {
        spoiled.push(rebuild([...value, SALT]) as Action);
        if (value.length > 0) spoiled.push(rebuild(value.slice(1)) as Action, rebuild([SALT, ...value.slice(1)]) as Action);
      } else {
        value.forEach((item, k) => visit(item, (next) => rebuild(value.with(k, next))));
      }
    } else if (value instanceof Uint8Array) {
      spoiled.push(rebuild(value.slice(1)) as Action, rebuild(Uint8Array.of(...value, 0)) as Action);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, item] of Object.entries(value)) visit(item, (next) => rebuild({ ...value, [name]: next }));
    }
  };
  visit(action, (next) => next);
  return spoiled;
}

describe('clocks, bonds and games side by side (SPEC D10 to D12)', () => {
  test('each side has one clock for the whole game, and it runs only while that side is to move', async () => {
    const moves = await record();
    let game = newGame(setting, material.docket.jobPath, 0);
    let now = 0;
    for (const { actor, action } of moves.slice(0, 4)) {
      const side = turnOf(game.phase);
      const before = game.clock;
      now += 100;
      game = move(game, action, actor, now);
      expect(game.clock[side]).toBe(before[side] - 100);
      expect(game.clock[side === 'challenger' ? 'defender' : 'challenger']).toBe(before[side === 'challenger' ? 'defender' : 'challenger']);
    }
    const left = game.clock[turnOf(game.phase)];
    expect(() => move(game, { kind: 'timeout' }, 'anyone', now + left)).toThrow(Refusal);
    const late = turnOf(game.phase);
    expect(move(game, { kind: 'timeout' }, 'anyone', now + left + 1).result?.winner).not.toBe(late);
  });

  test('the loser pays half its bond to the winner, the other half to nobody (D11)', async () => {
    const chain = fundedChain('alice', 'solver');
    const id = chain.open(setting, material.docket.jobPath);
    await playDispute(chain, id, players());
    const { game } = chain.at(id);
    expect(game.result?.winner).toBe('challenger');
    const lost = game.bondedWei.defender;
    expect(lost).toBeGreaterThanOrEqual(BOND);
    expect(game.bondedWei.challenger).toBe(bondAt(game, 'challenger', 3));
    expect(chain.balance('alice')).toBe(100n * BOND + lost / 2n);
    expect(chain.balance('solver')).toBe(100n * BOND - lost);
    expect(chain.burnedWei).toBe(lost - lost / 2n);
  });

  test('a side that cannot bond the next depth cannot move on (D11)', async () => {
    const chain = new SimulatedChain();
    chain.fund('alice', BOND);
    chain.fund('solver', 100n * BOND);
    const id = chain.open(setting, material.docket.jobPath);
    await expect(playDispute(chain, id, players())).resolves.toContain('the bond is not covered');
    expect(chain.at(id).game.result?.winner).toBe('defender');
    expect(chain.totalWei()).toBe(101n * BOND);
  });

  test('self-challenge loses money, so it launders nothing (D11)', async () => {
    const chain = fundedChain('solver');
    const id = chain.open({ ...setting, challenger: 'solver' }, material.docket.jobPath);
    await playDispute(chain, id, players('solver'));
    expect(chain.balance('solver')).toBeLessThan(100n * BOND);
    expect(chain.totalWei()).toBe(100n * BOND);
  });

  test('a hundred Sybil challengers and one honest one: the first proven settles the slot, the rest is moot (D12)', async () => {
    const sybils = Array.from({ length: 100 }, (_, k) => `sybil ${k}`);
    const chain = fundedChain('alice', 'solver', ...sybils);
    const ids = sybils.map((challenger) => chain.open({ ...setting, challenger }, material.docket.jobPath));
    for (const [k, id] of ids.entries()) if (k % 3 === 0) chain.submit(id, `sybil ${k}`, [{ kind: 'chooseSegment', segment: 0 }]);
    const id = chain.open(setting, material.docket.jobPath);
    await playDispute(chain, id, players());
    expect(chain.at(id).game.result?.winner).toBe('challenger');
    for (const [k, other] of ids.entries()) {
      expect(chain.at(other).moot).toBe(true);
      expect(chain.balance(`sybil ${k}`)).toBe(100n * BOND);
      expect(() => chain.submit(other, `sybil ${k}`, [{ kind: 'chooseSegment', segment: 0 }])).toThrow(/over/);
    }
    expect(chain.totalWei()).toBe(102n * 100n * BOND);
    expect(() => chain.open({ ...setting, challenger: 'sybil 1' }, material.docket.jobPath)).toThrow(/proven wrong/);
  });

  test('the same challenger has one game on a slot at a time (D12)', () => {
    const chain = fundedChain('alice', 'solver');
    chain.open(setting, material.docket.jobPath);
    expect(() => chain.open(setting, material.docket.jobPath)).toThrow(/already/);
    chain.open({ ...setting, slot: 0 }, material.docket.jobPath);
  });

  test('a solver that is proven right in one game can still be proven wrong in another (D12)', async () => {
    const chain = fundedChain('friend', 'alice', 'solver');
    const friendly = chain.open({ ...setting, challenger: 'friend' }, material.docket.jobPath);
    chain.now += CLOCK + 1;
    chain.submit(friendly, 'solver', [{ kind: 'timeout' }]);
    expect(chain.at(friendly).game.result?.winner).toBe('defender');
    const id = chain.open(setting, material.docket.jobPath);
    await playDispute(chain, id, players());
    expect(chain.at(id).game.result?.winner).toBe('challenger');
  });
});

describe('players keep nothing but their key (SPEC D13)', () => {
  test.each<Side>(['challenger', 'defender'])('a %s that forgets everything between moves still wins', async (forgetful) => {
    const fresh = (side: Side) => () => (side === 'challenger' || forgetful === 'defender' ? truth() : liar());
    const chain = fundedChain('alice', 'solver');
    const honest = forgetful === 'defender' ? settingFor(await truth().checkpointRoots()) : setting;
    const id = chain.open(honest, material.docket.jobPath);
    const account = fresh('defender');
    await playDispute(chain, id, {
      challenger: { play: (view) => honestPlayer('challenger', forgetful === 'challenger' ? truth() : liar(), 'alice').play(view), handed: NOTHING },
      defender: { play: (view) => honestPlayer('defender', account(), 'solver').play(view), handed: handOver(account()) },
    });
    expect(chain.at(id).game.result?.winner).toBe(forgetful);
  });
});
