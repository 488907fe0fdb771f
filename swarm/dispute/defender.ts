/** The moves of an honest defender (SPEC D13): all of them are openings of what it has computed. */
import { hashBytes, toHash } from '#swarm/protocol/hex.ts';
import type { Account } from './account.ts';
import { deltaOf } from './deltaAccount.ts';
import { findPoison } from './findPoison.ts';
import type { Action, Game } from './game.ts';
import type { GameView } from './gameView.ts';
import { childCount, childHeight, type MerkleTree, MerkleTree as Tree, ZERO_HASH } from './merkleTree.ts';
import { ownContent, ownList, ownPaths, prefixesOf } from './ownLists.ts';
import { type Prefix, prefixLeaf } from './prefixMachine.ts';

export async function revealCheckpoint({ game }: GameView, account: Account): Promise<Action> {
  return { kind: 'revealCheckpoint', opening: await account.openCheckpoint(game.halving.asked as number) };
}

export async function openSegment({ game }: GameView, account: Account): Promise<Action | null> {
  const { checkpointEvery, stepsPerRound } = account.material.spec;
  if (game.segment === stepsPerRound / checkpointEvery) return null;
  const first = game.segment * checkpointEvery;
  const steps = new Tree((await account.rootsBetween(first, first + checkpointEvery)).map(hashBytes));
  return {
    kind: 'openSegment',
    openings: [await account.openCheckpoint(game.segment), await account.openCheckpoint(game.segment + 1)],
    stepsRoot: steps.root,
    firstPath: steps.path(0),
    lastPath: steps.path(checkpointEvery),
  };
}

export async function claimStep({ game }: GameView, account: Account): Promise<Action> {
  const record = await account.recordOf(game.step);
  const poisoned = (await account.leavesAt(game.step + 1)) === null;
  return {
    kind: 'claimStep',
    inputsRoot: record.inputsTree.root,
    traceRoot: record.traceTree.root,
    witness: poisoned ? findPoison(account, record, ownPaths(record)) : null,
  };
}

/** `account`: of the round. */
export async function claimDelta(_view: GameView, account: Account): Promise<Action> {
  const delta = deltaOf(account);
  const { step } = delta;
  const opening = await account.openCheckpoint(step / account.material.spec.checkpointEvery);
  const { job, jobPath } = delta.material.docket;
  const claim = { kind: 'claimDelta', facts: { fact: job, path: jobPath }, opening } as const;
  if ((await account.stateAt(step)) === null) return { ...claim, inputsRoot: ZERO_HASH, traceRoot: ZERO_HASH, witness: null };
  const record = await delta.recordOf(step);
  const witness = (await delta.isPoisonAfter()) ? findPoison(delta, record, ownPaths(record)) : null;
  return { ...claim, inputsRoot: record.inputsTree.root, traceRoot: record.traceTree.root, witness };
}

export async function commitPrefixes({ game }: GameView, account: Account): Promise<Action> {
  const prefixes = await prefixesOf(account, game);
  const tree = new Tree(prefixes.map(prefixLeaf));
  const last = prefixes.length - 1;
  return { kind: 'commitPrefixes', root: tree.root, firstPath: tree.path(0), last: prefixes[last] as Prefix, lastPath: tree.path(last) };
}

export async function answer({ game }: GameView, account: Account): Promise<Action> {
  const { list, height, index } = game.demanded as NonNullable<Game['demanded']>;
  if (height === 0) return { kind: 'answer', content: await ownContent(account, game, list, index) };
  const own = (await ownList(account, game, list)) as MerkleTree;
  const lower = childHeight(height);
  const first = index * 2 ** (height - lower);
  return { kind: 'answer', children: (own.levels[lower] as readonly Uint8Array[]).slice(first, first + childCount(own.count, height, index)).map(toHash) };
}
