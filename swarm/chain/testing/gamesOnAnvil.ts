/** Plays disputes through the deployed game, and holds every state of it against the game in TypeScript (SPEC D). */
import { createPublicClient, createWalletClient, encodeFunctionData, getContractAddress, type Hex, http, parseEventLogs, type PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { bytecode } from '#abi/bytecode.ts';
import { gameAbi } from '#abi/gameAbi.ts';
import { tuttiTokenAbi } from '#abi/tuttiTokenAbi.ts';
import { vaultAbi } from '#abi/vaultAbi.ts';
import { type Action, type Game, newGame, STEPS } from '#swarm/dispute/game.ts';
import type { GameView } from '#swarm/dispute/gameView.ts';
import { move } from '#swarm/dispute/move.ts';
import { Refusal } from '#swarm/dispute/refusal.ts';
import type { PreparedCase } from '#swarm/dispute/testing/disputeCases.ts';
import { PHASES, type Side, turnOf } from '#swarm/dispute/transitions.ts';
import type { Deployment } from '../deployment.ts';
import { encodeJobFacts, encodeMove } from '../encodeMove.ts';
import { RICH_KEY, startAnvil, type TestChain } from './startAnvil.ts';

/** Anvil's second and third well-known keys. */
const KEYS: Readonly<Record<Side, Hex>> = {
  challenger: '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
  defender: '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a',
};
export const PARTIES = { challenger: privateKeyToAccount(KEYS.challenger).address, defender: privateKeyToAccount(KEYS.defender).address };
/** What one transaction may use at most. */
const GAS_CAP = 2n ** 24n;
const NO_SEGMENT = 0xffffffff;
const PURSE_WEI = 10n ** 24n;

export interface PlayedOnChain {
  readonly winner: Side;
  readonly transactions: number;
  readonly gas: bigint;
  /** Of the dearest transaction. */
  readonly maxMoveGas: bigint;
  readonly calldataBytes: number;
  readonly moves: readonly { readonly kind: string; readonly gas: bigint }[];
  readonly sent: readonly SentMove[];
}

/** A transaction that the game took. */
export interface SentMove {
  readonly side: Side;
  readonly data: Hex;
}

export interface Interference {
  /** Before a transaction of a player goes out. */
  readonly before?: (move: SentMove) => Promise<void>;
  /** The first transactions, this many, are each undone once by a reorganised chain. */
  readonly reorganised?: number;
}

export interface GamesOnAnvil {
  readonly game: Hex;
  readonly client: PublicClient;
  readonly rpcUrl: string;
  /** With this game in the place of the protocol's own. */
  readonly deployment: Deployment;
  /** Errors: where contract and TypeScript disagree about a move, a state, or money. */
  play(prepared: PreparedCase, interference?: Interference): Promise<PlayedOnChain>;
  /** True where the game takes this call from this side's account. */
  tries(side: Side, data: Hex): Promise<boolean>;
  stop(): void;
}

export async function startGames(): Promise<GamesOnAnvil> {
  const chain = await startAnvil();
  const transport = http(chain.rpcUrl);
  const client = createPublicClient({ transport, cacheTime: 0, pollingInterval: 20 });
  const rich = createWalletClient({ account: privateKeyToAccount(RICH_KEY), transport });
  const wallets = {
    challenger: createWalletClient({ account: privateKeyToAccount(KEYS.challenger), transport }),
    defender: createWalletClient({ account: privateKeyToAccount(KEYS.defender), transport }),
  };
  const mined = async (hash: Hex) => client.waitForTransactionReceipt({ hash });
  const { token, court, forwarder } = chain.deployment.addresses;
  const opener = rich.account.address;
  const nonce = await client.getTransactionCount({ address: opener });
  const placeOf = (later: number) => getContractAddress({ from: opener, nonce: BigInt(nonce + later) });
  const [vault, game] = [placeOf(0), placeOf(1)];
  // A vault and a game of their own: games are opened here, not by the protocol's challenges.
  const nobody = { jobs: opener, rounds: opener, audits: opener, challenges: opener, beacon: opener, treasury: opener };
  const modules = { ...nobody, forwarder, token, vault, game };
  await mined(await rich.deployContract({ abi: vaultAbi, bytecode: bytecode.Vault, args: [modules, chain.deployment.timing], chain: null }));
  const placed = await mined(await rich.deployContract({ abi: gameAbi, bytecode: bytecode.Game, args: [court, vault, forwarder, opener], chain: null }));
  if (placed.contractAddress?.toLowerCase() !== game.toLowerCase()) throw new Error('the game did not come to stand where the vault expects it');
  for (const side of ['challenger', 'defender'] as const) {
    await mined(await rich.writeContract({ address: token, abi: tuttiTokenAbi, functionName: 'transfer', args: [PARTIES[side], PURSE_WEI], chain: null }));
    await mined(await wallets[side].writeContract({ address: token, abi: tuttiTokenAbi, functionName: 'approve', args: [vault, PURSE_WEI], chain: null }));
    await mined(await wallets[side].writeContract({ address: vault, abi: vaultAbi, functionName: 'deposit', args: [PURSE_WEI], chain: null }));
  }

  async function open(prepared: PreparedCase): Promise<{ id: bigint; at: number }> {
    const { job, segment, counted, challenger: _c, defender: _d, ...rest } = prepared.setting;
    const setting = { ...rest, ...kindOf(counted), ...PARTIES, segment: segment ?? NO_SEGMENT, defenderBondWei: rest.defenderBondWei ?? rest.bondWei };
    const receipt = await mined(
      await rich.writeContract({ address: game, abi: gameAbi, functionName: 'open', args: [setting, encodeJobFacts(job), prepared.jobPath as Hex[]], chain: null }),
    );
    const [opened] = parseEventLogs({ abi: gameAbi, logs: receipt.logs, eventName: 'GameOpened' });
    if (!opened) throw new Error('the game did not open');
    return { id: opened.args.id, at: await timeOf(receipt.blockNumber) };
  }

  const timeOf = async (blockNumber: bigint) => Number((await client.getBlock({ blockNumber })).timestamp);

  /** Null where the contract refuses. */
  async function send(side: Side, call: Hex): Promise<{ gas: bigint; at: number; bytes: number } | null> {
    const receipt = await mined(await wallets[side].sendTransaction({ to: game, data: call, gas: GAS_CAP, chain: null }));
    return receipt.status === 'success' ? { gas: receipt.gasUsed, at: await timeOf(receipt.blockNumber), bytes: (call.length - 2) / 2 } : null;
  }

  /** Challenger's, defender's, nobody's. */
  const balances = async () => {
    const accounts = [PARTIES.challenger, PARTIES.defender].map((side) => client.readContract({ address: vault, abi: vaultAbi, functionName: 'accountOf', args: [side] }));
    const sums = (await Promise.all(accounts)).map(({ freeWei, lockedWei, creditWei }) => freeWei + lockedWei + creditWei);
    return [...sums, await client.readContract({ address: vault, abi: vaultAbi, functionName: 'burnedWei' })];
  };

  return {
    game,
    client,
    rpcUrl: chain.rpcUrl,
    deployment: { ...chain.deployment, addresses: { ...chain.deployment.addresses, game } },
    tries: async (side, data) => (await send(side, data)) !== null,
    async play(prepared, { before: beforeMove, reorganised = 0 } = {}) {
      const before = await balances();
      const { id, at } = await open(prepared);
      const run = new OneGame(prepared, id, newGame({ ...prepared.setting, ...PARTIES }, prepared.jobPath, at));
      for (let turns = 0; run.game.phase !== 'over'; turns++) {
        if (turns > 500) throw new Error('the game does not end');
        const side = turnOf(run.game.phase);
        const waits = prepared.players[side].waits?.(run.view(side, Number((await client.getBlock()).timestamp))) ?? 0;
        const told: Send = async (mover, data) => {
          await beforeMove?.({ side: mover, data });
          return send(mover, data);
        };
        if (turns < reorganised) await run.undone(() => run.act(side, chain, told, waits), chain);
        const acted = await run.act(side, chain, told, waits);
        if (acted) await run.compare(client, game);
        else {
          await chain.pass(prepared.setting.clockSeconds + 1);
          const other: Side = side === 'challenger' ? 'defender' : 'challenger';
          if (!(await run.act(other, chain, send, 0))) throw new Error(`nobody ends the game in phase ${run.game.phase}`);
          await run.compare(client, game);
        }
      }
      const after = await balances();
      if (sum(before) !== sum(after)) throw new Error(`money was made or lost: ${sum(before)} before, ${sum(after)} after`);
      const winner = run.game.result?.winner as Side;
      const { challenger, defender } = run.game.bondedWei;
      const lost = winner === 'challenger' ? defender : challenger;
      const gained = (after[winner === 'challenger' ? 0 : 1] as bigint) - (before[winner === 'challenger' ? 0 : 1] as bigint);
      if (gained !== lost / 2n) throw new Error(`the winner has ${gained} more, half the loser's bond is ${lost / 2n}`);
      return { winner, ...run.figures() };
    },
    stop: () => chain.stop(),
  };
}

/** What the game is to be about. */
export const kindOf = (counted: number | null) => ({ steps: STEPS.indexOf(counted === null ? 'round' : 'outer'), counted: counted ?? 0 });

const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);

type Send = (side: Side, data: Hex) => Promise<{ gas: bigint; at: number; bytes: number } | null>;

/** The same game here, by the rules in TypeScript. */
class OneGame {
  game: Game;
  readonly #prepared: PreparedCase;
  readonly #id: bigint;
  readonly #log: Action[] = [];
  readonly #sent: (SentMove & { readonly kind: string; readonly gas: bigint })[] = [];
  #calldataBytes = 0;

  constructor(prepared: PreparedCase, id: bigint, game: Game) {
    this.#prepared = prepared;
    this.#id = id;
    this.game = game;
  }

  view(side: Side, now: number): GameView {
    const other: Side = side === 'challenger' ? 'defender' : 'challenger';
    return { game: this.game, log: this.#log, now, handed: this.#prepared.players[other].handed };
  }

  /** False where the player says nothing, or contract and TypeScript both refuse what it says. Errors: where only one of them does. */
  async act(side: Side, chain: TestChain, send: Send, waits: number): Promise<boolean> {
    const now = Number(((await chain.control.request({ method: 'eth_getBlockByNumber', params: ['latest', false] } as never)) as { timestamp: Hex }).timestamp);
    const actions = await this.#prepared.players[side].play(this.view(side, now)).catch(refused);
    if (!actions) return false;
    const data = this.#encode(actions, side, now);
    if (!data) return false;
    if (waits > 0) await chain.pass(waits);
    const call = data.length === 1 ? (data[0] as Hex) : encodeFunctionData({ abi: gameAbi, functionName: 'multicall', args: [data] });
    const sent = await send(side, call);
    const next = this.#apply(actions, side, sent?.at ?? now + waits + 2);
    if ((sent === null) !== (next === null))
      throw new Error(`${actions.map(({ kind }) => kind).join(', ')}: the contract ${sent ? 'takes' : 'refuses'} it, TypeScript does not agree`);
    if (!sent || !next) return false;
    this.game = next;
    this.#log.push(...actions);
    this.#sent.push({ kind: actions.map(({ kind }) => kind).join(' + '), gas: sent.gas, side, data: call });
    this.#calldataBytes += sent.bytes;
    return true;
  }

  /** Lets something happen on chain and here, and then never have happened. */
  async undone(happens: () => Promise<unknown>, chain: TestChain): Promise<void> {
    const { game } = this;
    const [log, sent, bytes] = [this.#log.length, this.#sent.length, this.#calldataBytes];
    const id = await chain.control.snapshot();
    await happens();
    await chain.control.revert({ id });
    this.game = game;
    this.#log.length = log;
    this.#sent.length = sent;
    this.#calldataBytes = bytes;
  }

  /** Each call needs the game as it is when the call comes. Null where the move makes no sense to begin with. */
  #encode(actions: readonly Action[], side: Side, now: number): Hex[] | null {
    const data: Hex[] = [];
    let { game } = this;
    for (const [k, action] of actions.entries()) {
      try {
        data.push(encodeMove(this.#id, game, action));
        if (k < actions.length - 1) game = move(game, action, PARTIES[side], now);
      } catch (error) {
        return refused(error);
      }
    }
    return data;
  }

  #apply(actions: readonly Action[], side: Side, now: number): Game | null {
    try {
      return actions.reduce((game, action) => move(game, action, PARTIES[side], now), this.game);
    } catch (error) {
      return refused(error);
    }
  }

  /** Errors: where the contract has another state than the game here. */
  async compare(client: PublicClient, address: Hex): Promise<void> {
    const there = await client.readContract({ address, abi: gameAbi, functionName: 'gameOf', args: [this.#id] });
    const { game } = this;
    const zero = `0x${'0'.repeat(64)}`;
    const pairs: readonly (readonly [string, unknown, unknown])[] = [
      ['phase', PHASES[there.phase], game.phase],
      ['winner', there.winner, game.result === null ? 0 : game.result.winner === 'challenger' ? 1 : 2],
      // The last move of a game does not write clocks any more.
      ['challenger clock', game.phase === 'over' ? 0 : there.challengerLeft, game.phase === 'over' ? 0 : game.clock.challenger],
      ['defender clock', game.phase === 'over' ? 0 : there.defenderLeft, game.phase === 'over' ? 0 : game.clock.defender],
      ['segment', there.segment, game.segment],
      ['steps', STEPS[there.steps], game.steps],
      ['docket', there.docketRoot, game.setting.docketRoot],
      ['poisoned delta', there.poisonedDelta, game.poisonedDelta],
      ['step', there.step, game.step],
      ['steps root', there.stepsRoot, game.stepsRoot ?? zero],
      ['root before', there.rootBefore, game.before ?? zero],
      ['root after', there.rootAfter, game.after ?? zero],
      ['inputs root', there.inputsRoot, game.inputsRoot ?? zero],
      ['trace root', there.traceRoot, game.traceRoot ?? zero],
      ['named root', there.namedRoot, game.named?.root ?? zero],
      ['elements', there.elements, game.named?.elements ?? 0],
      ['element', there.element, game.element],
      ['value', there.value, game.value],
      ['prefixes root', there.prefixesRoot, game.prefixesRoot ?? zero],
    ];
    for (const [what, contract, here] of pairs) if (contract !== here) throw new Error(`${what}: the contract has ${String(contract)}, TypeScript ${String(here)}`);
  }

  figures() {
    return {
      transactions: this.#sent.length,
      gas: this.#sent.reduce((total, { gas }) => total + gas, 0n),
      maxMoveGas: this.#sent.reduce((most, { gas }) => (gas > most ? gas : most), 0n),
      calldataBytes: this.#calldataBytes,
      moves: this.#sent,
      sent: this.#sent,
    };
  }
}

function refused(error: unknown): null {
  if (!(error instanceof Refusal)) throw error;
  return null;
}
