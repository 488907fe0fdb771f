/** What a player sees of a game: what the chain has of it, and what the other side hands over outside the chain. */
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { Account } from './account.ts';
import { accountIn } from './deltaAccount.ts';
import type { Action, Game, ListName } from './game.ts';
import { contentLeaf, listOf } from './lists.ts';
import { childHeight, MerkleTree, topOf } from './merkleTree.ts';
import { secondsLeft } from './move.ts';
import { ownContent, ownList } from './ownLists.ts';
import { SeenList } from './seenList.ts';

/** Answers of the other side, from whoever may lie: null where it gives none. */
export interface Handed {
  /** Roots and salts of checkpoints 0..C. */
  checkpoints(): Promise<{ readonly roots: readonly Hash[]; readonly salts: readonly Hash[] } | null>;
  /** `game`: as the asker sees it, perhaps some of its own moves ahead of the chain. */
  list(game: Game, list: ListName): Promise<readonly Uint8Array[] | null>;
  content(game: Game, list: ListName, leaf: number): Promise<Uint8Array | null>;
}

export interface GameView {
  readonly game: Game;
  /** Every move that the chain has taken, in order. */
  readonly log: readonly Action[];
  readonly handed: Handed;
  readonly now: number;
}

/** The side that is to move has let its clock run out. */
export function otherIsLate(view: GameView): boolean {
  return view.game.phase !== 'over' && secondsLeft(view.game, view.now) < 0;
}

/** The defender's list beside one's own. Null where one has no such list. */
export async function seenList(view: GameView, account: Account, list: ListName): Promise<SeenList | null> {
  const about = listOf(view.game, list);
  const own = about && (await ownList(account, view.game, list));
  if (!about || !own) return null;
  const seen = new SeenList(about.root, own);
  for (const { demand, answer } of answers(view.log, list)) if ('children' in answer) seen.takeChildren(demand, answer.children);
  if (about.root === own.root) return seen;
  const handed = await view.handed.list(view.game, list);
  if (handed?.length === about.count && handed.every((leaf) => leaf.length === 32)) {
    const tree = new MerkleTree(handed);
    if (tree.root === about.root) seen.take(tree);
  }
  return seen;
}

/** What the leaf is the hash of, as the defender has shown it; null where it has not. */
export async function seenContent(view: GameView, list: ListName, leaf: number, hash: Hash): Promise<Uint8Array | null> {
  for (const { demand, answer } of answers(view.log, list)) if ('content' in answer && demand.index === leaf) return answer.content;
  const handed = await view.handed.content(view.game, list, leaf);
  return handed && handed.length === listOf(view.game, list)?.contentBytes && contentLeaf(handed) === hash ? handed : null;
}

function answers(log: readonly Action[], list: ListName) {
  return log.flatMap((demand, at) => {
    const answer = log[at + 1];
    return demand.kind === 'demand' && demand.list === list && answer?.kind === 'answer' ? [{ demand, answer }] : [];
  });
}

/** The next demand on the way to a node (D9). */
export function demandTowards(view: GameView, list: ListName, seen: SeenList, target: { readonly height: number; readonly index: number }): Action {
  const about = listOf(view.game, list);
  const before = view.game.walked[list];
  const height = before ? childHeight(before.height) : topOf(about?.count ?? 1);
  const index = Math.floor((target.index * 2 ** target.height) / 2 ** height);
  return { kind: 'demand', list, height, index, node: seen.node({ height, index }), path: seen.path(index, height) };
}

/** Hands over everything of an account: what an honest defender does. */
export function handOver(account: Account): Handed {
  return {
    checkpoints: async () => ({ roots: await account.checkpointRoots(), salts: account.salts() }),
    list: async (game, list) => (await ownList(accountIn(game, account), game, list))?.levels[0] ?? null,
    content: (game, list, leaf) => ownContent(accountIn(game, account), game, list, leaf),
  };
}
