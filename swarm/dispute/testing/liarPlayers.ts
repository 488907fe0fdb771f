/** Players that are not honest: they stop, withhold, come late, post nonsense, or challenge what is right. */
import { sha256 } from '@noble/hashes/sha2.js';
import type { RandomWords } from '#engine/program/randomWords.ts';
import { u32be } from '#swarm/protocol/bytes.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import type { Account } from '../account.ts';
import { accountIn } from '../deltaAccount.ts';
import { isTensorSource } from '../docket.ts';
import type { Action, Named } from '../game.ts';
import { demandTowards, type GameView, seenList } from '../gameView.ts';
import { LISTS_OF, listOf } from '../lists.ts';
import { MerkleTree, topOf } from '../merkleTree.ts';
import { ownList, ownPaths, prefixesOf, showPoint } from '../ownLists.ts';
import { prefixLeaf } from '../prefixMachine.ts';
import { SeenList } from '../seenList.ts';
import { NOTHING } from '../playTurn.ts';
import type { Player } from './playDispute.ts';

/** Plays by an account, whatever it is; where that leads to nonsense it falls silent. */
export function believer(player: Player): Player {
  return { ...player, play: (view) => player.play(view).catch(() => null) };
}

/** Stops after some moves. */
export function stopping(player: Player, moves: number): Player {
  let left = moves;
  return { ...player, play: async (view) => (left-- > 0 ? player.play(view) : null) };
}

/** Hands nothing over, but answers on chain. */
export function withholding(player: Player): Player {
  return { ...player, handed: NOTHING };
}

/** Comes after its clock, once. */
export function late(player: Player, moves: number): Player {
  let left = moves;
  return { ...player, waits: (view) => (left-- === 0 ? view.game.setting.clockSeconds : 0) };
}

/** Claims a trace that nobody can open. */
export function postingNothing(player: Player, random: RandomWords): Player {
  const nonsense = toHash(sha256(u32be(random.word())));
  const inputs = random.below(2) === 0;
  const spoiled = (action: Action): Action =>
    action.kind === 'claimStep' && !action.witness ? { ...action, inputsRoot: inputs ? nonsense : action.inputsRoot, traceRoot: inputs ? action.traceRoot : nonsense } : action;
  return { ...player, play: async (view) => (await player.play(view))?.map(spoiled) ?? null };
}

/** Challenges what is right, with right proofs, anywhere: `account` is the truth. */
export function recklessChallenger(account: Account, random: RandomWords): Player {
  return { play: async (view) => [await recklessMove(view, account, random)], handed: NOTHING };
}

async function recklessMove(view: GameView, round: Account, random: RandomWords): Promise<Action> {
  const { game } = view;
  const account = accountIn(game, round);
  const { docket, program, spec } = account.material;
  const shown = (tree: MerkleTree, index: number) => ({ root: tree.node(0, index), path: tree.path(index) });
  switch (game.phase) {
    case 'segment':
      return { kind: 'chooseSegment', segment: random.below(spec.stepsPerRound / spec.checkpointEvery + 1) };
    case 'steps': {
      const tree = (await ownList(account, game, 'steps')) as MerkleTree;
      const step = random.below(spec.checkpointEvery);
      return { kind: 'openStep', step, before: shown(tree, step), after: shown(tree, step + 1) };
    }
    case 'fault': {
      if (program.operations.length === 0 || !game.traceRoot) return { kind: 'faultHeader', leaf: shown((await ownList(account, game, 'after')) as MerkleTree, 0) };
      const record = await account.recordOf(game.step);
      if (random.below(4) === 0) {
        const place = random.below(program.inputs.length);
        const fact = docket.show('input', place);
        if (isTensorSource(fact.fact.source)) return { kind: 'faultInput', place, fact, leaf: shown(record.inputsTree, place), ...(await account.shownInput(game.step, place)) };
        return { kind: 'nameInput', place, leaf: shown(record.inputsTree, place), fact, tensor: docket.show('tensor', fact.fact.tensor) };
      }
      const place = random.below(program.operations.length);
      return { kind: 'nameOperation', place, leaf: shown(record.traceTree, place), bytes: docket.show('operation', place) };
    }
    case 'tensor':
      return nameAnyWord(view, account, random);
    case 'term':
      return openAnyTerm(view, account, random);
    default:
      return { kind: 'timeout' };
  }
}

async function nameAnyWord({ game }: GameView, account: Account, random: RandomWords): Promise<Action> {
  const { docket, program } = account.material;
  const named = game.named as Named;
  const record = await account.recordOf(game.step);
  const tensor = named.kind === 'input' ? (program.inputs[named.place]?.tensor as number) : (program.operations[named.place]?.out as number);
  // Now and then in the padding.
  const element = random.below(8) === 0 ? named.elements + random.below(Math.ceil(named.elements / 256) * 256 - named.elements || 1) : random.below(named.elements);
  const piece = Math.floor(element / 256);
  const operation =
    named.kind === 'operation' && element < named.elements
      ? { bytes: docket.show('operation', named.place), shown: showPoint(account, record, named.place, { element, term: 0 }, ownPaths(record)) }
      : null;
  return { kind: 'nameWord', element, piece: record.pieceOf(tensor, piece), piecePath: record.tensorTree(tensor).path(piece), input: null, operation };
}

async function openAnyTerm({ game }: GameView, account: Account, random: RandomWords): Promise<Action> {
  const { place } = game.named as Named;
  const record = await account.recordOf(game.step);
  const prefixes = await prefixesOf(account, game);
  const tree = new MerkleTree(prefixes.map(prefixLeaf));
  const step = random.below(prefixes.length - 1);
  const term = account.machineOf(place)?.term(step) as number;
  const at = (index: number) => ({ prefix: prefixes[index] as readonly number[], path: tree.path(index) });
  const bytes = account.material.docket.show('operation', place);
  return { kind: 'openTerm', step, before: at(step), after: at(step + 1), bytes, shown: showPoint(account, record, place, { element: game.element, term }, ownPaths(record)) };
}

/** Demands all that can be demanded before each of its moves, down to some leaf. */
export function demandingChallenger(account: Account, random: RandomWords): Player {
  const reckless = recklessChallenger(account, random);
  return {
    ...reckless,
    async play(view) {
      for (const list of LISTS_OF[view.game.phase] ?? []) {
        const about = listOf(view.game, list);
        const walked = view.game.walked[list];
        const own = about && (await ownList(accountIn(view.game, account), view.game, list));
        if (!about || !own || (walked ? walked.height === 0 || (walked.height <= 4 && about.contentBytes === null) : topOf(about.count) === 0 && about.contentBytes === null))
          continue;
        const seen = (await seenList(view, accountIn(view.game, account), list)) ?? new SeenList(about.root, own);
        seen.take(own);
        const below = walked ?? { height: topOf(about.count), index: 0 };
        const leaves = Math.min(2 ** below.height, about.count - below.index * 2 ** below.height);
        return [demandTowards(view, list, seen, { height: 0, index: below.index * 2 ** below.height + random.below(leaves) })];
      }
      return reckless.play(view);
    },
  };
}
