/** A dispute for people to look at: every move with its transaction, gas and time, and how far the walk has come. Everything is from the chain. */
import { type Hex, hexToBytes, type ReadContractReturnType } from 'viem';
import { gameAbi } from '#abi/gameAbi.ts';
import { decodeOperation } from '#engine/program/decodeProgram.ts';
import { PROFILES, REDUCES } from '#engine/program/encodeProgram.ts';
import { STEPS } from '#swarm/dispute/game.ts';
import { type MoveKind, MOVES, PHASES, transitions, turnOf } from '#swarm/dispute/transitions.ts';
import type { DisputedOperation, DisputeMove, DisputeTransaction, DisputeView, WalkLevel } from '#swarm/protocol/disputeView.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { ChainEvent } from '#swarm/protocol/jobView.ts';
import { ChainError } from './chainError.ts';
import type { ChainClient } from './createChainClient.ts';
import { decodeGameCalls, type GameCall } from './decodeGameCalls.ts';
import { describeFailure } from './describeRevert.ts';
import { disputeRuling } from './disputeRuling.ts';
import { formulaOf } from './formulaOf.ts';
import { decodeClaim } from './moveClaims.ts';
import { readEvents } from './readEvents.ts';

type Reading = ReadContractReturnType<typeof gameAbi, 'gameOf'>;
interface ReadTransaction extends DisputeTransaction {
  readonly calls: readonly GameCall[];
}
interface Played {
  readonly move: DisputeMove;
  readonly call: GameCall | null;
}

const OPENERS: readonly string[] = ['play', 'playRoot', 'open'];

/** Of blocks that are past; a page that follows a dispute reads only what is new. */
const kept = new WeakMap<ChainClient, Map<string, ReadTransaction>>();

/** Errors: ChainError `NoSuchGame` where the contract has none of this number; those of the chain. */
export async function readDisputeView(chain: ChainClient, id: bigint): Promise<DisputeView> {
  try {
    const address = chain.deployment.addresses.game;
    const [all, it] = await Promise.all([readEvents(chain), chain.publicClient.readContract({ address, abi: gameAbi, functionName: 'gameOf', args: [id] })]);
    const events = all.filter(({ name, args }) => args['id'] === id && name.startsWith('Game'));
    const opened = events.find(({ name }) => name === 'GameOpened');
    if (!opened) throw new ChainError(`There is no dispute ${id} on this chain.`, 'NoSuchGame', []);
    const transactions: ReadTransaction[] = [];
    for (const event of events) {
      if (!transactions.some(({ hash }) => hash === event.transaction)) transactions.push(await readTransaction(chain, event, id, event === opened));
    }
    const played = movesOf(events, transactions);
    const challenge = all.find(({ name, args }) => name === 'ChallengePlayed' && args['game'] === id);
    return viewOf(id, it, { opened, challenge, transactions, played, moot: events.some(({ name }) => name === 'GameMoot') });
  } catch (error) {
    throw error instanceof ChainError ? error : describeFailure(error);
  }
}

async function readTransaction(chain: ChainClient, { transaction: hash, block, time }: ChainEvent, id: bigint, opens: boolean): Promise<ReadTransaction> {
  const memory = kept.get(chain) ?? new Map<string, ReadTransaction>();
  kept.set(chain, memory);
  const known = memory.get(`${id} ${hash} ${block}`);
  if (known) return known;
  const [sent, receipt] = await Promise.all([chain.publicClient.getTransaction({ hash }), chain.publicClient.getTransactionReceipt({ hash })]);
  const { requests, calls } = decodeGameCalls(chain.deployment, { to: sent.to, data: sent.input }, id, opens);
  const read = { hash, block: Number(block), time, sender: sent.from, gas: Number(receipt.gasUsed), requests, calldataBytes: (sent.input.length - 2) / 2, calls };
  memory.set(`${id} ${hash} ${block}`, read);
  return read;
}

/** The k-th move that a transaction made was its k-th call. */
function movesOf(events: readonly ChainEvent[], transactions: readonly ReadTransaction[]): readonly Played[] {
  const seen = new Map<Hash, number>();
  return events.flatMap(({ name, args, time, transaction }) => {
    const kind = MOVES[Number(args['move'])];
    if (name !== 'GameMoved' || !kind) return [];
    const at = seen.get(transaction) ?? 0;
    seen.set(transaction, at + 1);
    const calls = transactions.find(({ hash }) => hash === transaction)?.calls.filter((call) => !OPENERS.includes(call.function)) ?? [];
    // Each kind but a timeout is one side's, in whatever phase.
    const by = kind === 'timeout' ? 'anyone' : (transitions.find((one) => one.move === kind)?.by ?? 'anyone');
    const move: DisputeMove = { name: kind, by, mover: args['mover'] as Hash, time, transaction, said: decodeClaim(kind, args['claim'] as Hex) };
    return [{ move, call: calls[at] ?? null }];
  });
}

interface Parts {
  readonly opened: ChainEvent;
  readonly challenge: ChainEvent | undefined;
  readonly transactions: readonly ReadTransaction[];
  readonly played: readonly Played[];
  readonly moot: boolean;
}

function viewOf(id: bigint, it: Reading, { opened, challenge, transactions, played, moot }: Parts): DisputeView {
  const phase = PHASES[it.phase] ?? 'over';
  const winner = ([null, 'challenger', 'defender'] as const)[it.winner] ?? null;
  const over = phase === 'over' || winner !== null || moot;
  const turn = over ? null : turnOf(phase);
  const facts = factsOf(transactions);
  const operation = operationOf(played);
  const last = played.at(-1);
  const profile = facts ? (PROFILES[facts.profile] ?? null) : null;
  return {
    id: id.toString(),
    job: challenge ? String(challenge.args['job']) : null,
    challenge: challenge ? String(challenge.args['id']) : null,
    round: it.round,
    slot: it.slot,
    challenger: it.challenger,
    defender: it.defender,
    profile,
    openedAt: opened.time,
    phase: moot ? 'moot' : phase,
    turn,
    until: it.since + (turn === 'defender' ? it.defenderLeft : it.challengerLeft),
    winner,
    moot,
    walk: walkOf(it, facts, played),
    operation,
    ruling: last && winner ? disputeRuling({ ...last, winner, element: it.element, reduce: REDUCES[it.reduce] ?? 'none', profile }) : null,
    moves: played.map(({ move }) => move),
    transactions: transactions.map(({ calls, ...rest }) => ({ ...rest, calls: calls.map(({ args: _args, ...call }) => call) })),
  };
}

interface Facts {
  readonly profile: number;
  readonly stepsPerRound: number;
  readonly checkpointEvery: number;
  readonly inputs: number;
  readonly operations: number;
}

/** Every call but a timeout shows the job's facts, and the contract has held them against the docket. */
function factsOf(transactions: readonly ReadTransaction[]): Facts | null {
  const all = transactions.flatMap(({ calls }) => calls.flatMap(({ args }) => args));
  return (all.find((arg) => typeof arg === 'object' && arg !== null && 'checkpointEvery' in arg) as Facts | undefined) ?? null;
}

function operationOf(played: readonly Played[]): DisputedOperation | null {
  const named = played.find(({ move }) => move.name === 'nameOperation')?.call?.args[4] as { readonly operation: Hex } | undefined;
  if (!named) return null;
  const operation = decodeOperation(hexToBytes(named.operation), 0);
  const { label, reduce, shape, extents } = operation;
  return { label, reduce, shape, extents, formula: formulaOf(operation) };
}

function walkOf(it: Reading, facts: Facts | null, played: readonly Played[]): readonly WalkLevel[] {
  const said = (name: MoveKind) => played.find(({ move }) => move.name === name)?.move.said;
  const number = (value: unknown) => (value === undefined ? null : Number(value));
  const segment = said('openSegment') || said('chooseSegment') ? it.segment : null;
  const step = said('openStep') || said('claimDelta') ? it.step : null;
  // The delta is what comes after the last segment; its step is of a Program of its own.
  const outer = STEPS[it.steps] === 'outer';
  const segments = outer ? 1 : facts && facts.stepsPerRound / facts.checkpointEvery;
  const delta = played.find(({ move }) => move.name === 'claimDelta');
  const claimed = delta?.call?.args[2] ?? (outer ? played.find(({ move }) => move.name === 'openSegment')?.call?.args[1] : undefined);
  const own = delta || outer ? ((claimed as Facts | undefined) ?? null) : facts;
  const [input, operation] = [said('nameInput'), said('nameOperation')];
  const named = input ?? operation;
  const levels: WalkLevel[] = [
    { level: 'segment', count: segments && (segment === segments ? segments + 1 : segments), chosen: segment },
    {
      level: 'step',
      count: outer ? it.counted : delta ? 1 : (facts?.checkpointEvery ?? null),
      chosen: step === null || !facts ? null : outer ? step : step - it.segment * facts.checkpointEvery,
    },
    input
      ? { level: 'input', count: own?.inputs ?? null, chosen: number(input['place']) }
      : { level: 'operation', count: own?.operations ?? null, chosen: number(operation?.['place']) },
    { level: 'element', count: number(named?.['elements']), chosen: number(said('nameWord')?.['element']) },
  ];
  if (operation && Number(operation['reduce']) !== 0) levels.push({ level: 'position', count: Number(operation['terms']), chosen: number(said('openTerm')?.['term']) });
  return levels;
}
