/** A dispute as the chain has it: the state of its game, and what was shown in it so far (SPEC D13: nothing else is needed to play). */
import { decodeAbiParameters, type Hex, hexToBytes, parseAbiParameters, type ReadContractReturnType } from 'viem';
import { gameAbi } from '#abi/gameAbi.ts';
import { REDUCES } from '#engine/program/encodeProgram.ts';
import type { JobFacts } from '#swarm/dispute/docket.ts';
import { type Action, type Game, type ListName, type Named, type Node, STEPS } from '#swarm/dispute/game.ts';
import { ZERO_HASH } from '#swarm/dispute/merkleTree.ts';
import { MOVES, PHASES } from '#swarm/dispute/transitions.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';
import { describeFailure } from './describeRevert.ts';
import { LIST_CODES } from './encodeMove.ts';
import { readEvents } from './readEvents.ts';

const DEMAND = parseAbiParameters('uint8 list, uint256 height, uint256 index, bytes32 node');
const ANSWER = parseAbiParameters('uint8 list, uint256 height, uint256 index, bytes32[] children, bytes content');
const REVEAL = parseAbiParameters('uint256 checkpoint, bytes32 root, bytes32 salt, bytes32[] path');

export interface Dispute {
  readonly game: Game;
  /** Demands with their answers, and checkpoints that were shown, in order: what players look back at. */
  readonly log: readonly Action[];
  /** Seconds of block time. */
  readonly now: number;
}

/** Facts of the docket, and of those of the Programs that quantise and that make the next G (D1). */
export interface GameFacts {
  readonly job: JobFacts;
  readonly delta: JobFacts;
  readonly outer: JobFacts;
}

/** Errors: those of the chain. */
export async function readDispute(chain: ChainClient, id: bigint, facts: GameFacts): Promise<Dispute> {
  try {
    const address = chain.deployment.addresses.game;
    const [reading, block] = await Promise.all([chain.publicClient.readContract({ address, abi: gameAbi, functionName: 'gameOf', args: [id] }), chain.publicClient.getBlock()]);
    const moved = (await readEvents(chain)).filter(({ name, args }) => name === 'GameMoved' && args['id'] === id);
    const log = moved.flatMap(({ args }) => actionOf(MOVES[Number(args['move'])] ?? '', args['claim'] as Hex));
    return { game: gameOf(reading, facts, log), log, now: Number(block.timestamp) };
  } catch (error) {
    throw describeFailure(error);
  }
}

type Reading = ReadContractReturnType<typeof gameAbi, 'gameOf'>;

const orNull = (hash: Hash): Hash | null => (hash === ZERO_HASH ? null : hash);

function gameOf(it: Reading, facts: GameFacts, log: readonly Action[]): Game {
  const phase = PHASES[it.phase] ?? 'over';
  const steps = STEPS[it.steps] ?? 'round';
  const job = steps === 'outer' ? facts.outer : steps === 'round' ? facts.job : facts.delta;
  const { docketRoot, globalRoot, checkpointsRoot, endRoot, round, slot, bondWei, defenderBondWei, challenger, defender } = it;
  const clockSeconds = Math.max(it.challengerLeft, it.defenderLeft);
  const reduce = REDUCES[it.reduce] ?? 'none';
  const named: Named | null = orNull(it.namedRoot) && {
    kind: it.isInput ? 'input' : 'operation',
    place: it.place,
    root: it.namedRoot,
    elements: it.elements,
    reduction: it.isInput || reduce === 'none' ? null : { reduce, terms: it.terms },
  };
  const winner = ([null, 'challenger', 'defender'] as const)[it.winner] ?? null;
  return {
    setting: {
      docketRoot,
      job,
      round,
      slot,
      globalRoot,
      checkpointsRoot,
      endRoot,
      counted: steps === 'outer' ? it.counted : null,
      endRound: it.endRound,
      segment: null,
      clockSeconds,
      bondWei,
      defenderBondWei,
      challenger,
      defender,
    },
    steps,
    poisonedDelta: it.poisonedDelta,
    phase,
    clock: { challenger: it.challengerLeft, defender: it.defenderLeft },
    since: it.since,
    bondedWei: { challenger: bondedAt(bondWei, it.challengerDepth), defender: bondedAt(defenderBondWei, it.defenderDepth) },
    halving: { low: it.low, high: it.high, asked: phase === 'sealed' || it.shown === 1 ? it.asked : null },
    segment: it.segment,
    // Where the segment ends is under the root of its steps; nobody asks for it again.
    ends: orNull(it.startRoot) && [it.startRoot, ZERO_HASH],
    stepsRoot: orNull(it.stepsRoot),
    step: it.step,
    before: orNull(it.rootBefore),
    after: orNull(it.rootAfter),
    inputsRoot: orNull(it.inputsRoot),
    traceRoot: orNull(it.traceRoot),
    named,
    element: it.element,
    value: it.value,
    prefixesRoot: orNull(it.prefixesRoot),
    walked: walkedIn(log),
    demanded:
      phase === 'answer'
        ? { list: LIST_CODES[it.demandedList] as ListName, height: it.demandedHeight, index: it.demandedIndex, node: it.demandedNode, from: PHASES[it.demandedFrom] ?? 'over' }
        : null,
    result: winner && { winner, why: 'as the chain has it' },
  };
}

const bondedAt = (bondWei: bigint, depth: number) => (depth === 0 ? 0n : bondWei << BigInt(depth - 1));

/** The node that was demanded last, of each list. */
function walkedIn(log: readonly Action[]): Partial<Record<ListName, Node>> {
  const walked: Partial<Record<ListName, Node>> = {};
  for (const action of log) if (action.kind === 'demand') walked[action.list] = { height: action.height, index: action.index };
  return walked;
}

function actionOf(name: string, claim: Hex): Action[] {
  if (name === 'demand') {
    const [list, height, index, node] = decodeAbiParameters(DEMAND, claim);
    return [{ kind: 'demand', list: LIST_CODES[list] as ListName, height: Number(height), index: Number(index), node, path: [] }];
  }
  if (name === 'answer') {
    const [, height, , children, content] = decodeAbiParameters(ANSWER, claim);
    return [height === 0n ? { kind: 'answer', content: hexToBytes(content) } : { kind: 'answer', children }];
  }
  if (name === 'revealCheckpoint') {
    const [checkpoint, root, salt, path] = decodeAbiParameters(REVEAL, claim);
    return [{ kind: 'revealCheckpoint', opening: { checkpoint: Number(checkpoint), root, salt, path } }];
  }
  return [];
}
