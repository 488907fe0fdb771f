/** A party's own version of every list of a game: the defender answers from it, the challenger compares with it. */
import { u32be } from '#swarm/protocol/bytes.ts';
import { hashBytes } from '#swarm/protocol/hex.ts';
import type { Account, StepRecord } from './account.ts';
import { PIECE_BYTES, type ShownPoint, type ShownWord } from './court.ts';
import { evaluatePoint, type Point } from './evaluatePoint.ts';
import type { Game, ListName, Named } from './game.ts';
import { MerkleTree } from './merkleTree.ts';
import { type Prefix, prefixLeaf } from './prefixMachine.ts';
import type { Paths } from './seenList.ts';
import { readTypes } from './traceStep.ts';

/** Number of the tensor that is disputed. */
export function tensorOf(account: Account, named: Named): number {
  const { program } = account.material;
  return named.kind === 'input' ? (program.inputs[named.place]?.tensor as number) : (program.operations[named.place]?.out as number);
}

const lastPrefixes = new WeakMap<Account, { readonly key: string; readonly prefixes: Prefix[] }>();

/** Of the element that is disputed. Kept until another is: a long reduction is walked more than once. */
export async function prefixesOf(account: Account, game: Game): Promise<Prefix[]> {
  const { place } = game.named as Named;
  const key = `${game.step}/${place}/${game.element}`;
  const last = lastPrefixes.get(account);
  if (last?.key === key) return last.prefixes;
  const prefixes = account.prefixesOf(await account.recordOf(game.step), place, game.element);
  lastPrefixes.set(account, { key, prefixes });
  return prefixes;
}

/** Null where this party has none: a state that it says is poison. */
export async function ownList(account: Account, game: Game, list: ListName): Promise<MerkleTree | null> {
  const { checkpointEvery } = account.material.spec;
  const stateTree = (leaves: readonly Uint8Array[] | null) => leaves && new MerkleTree(leaves);
  switch (list) {
    case 'steps': {
      const first = game.segment * checkpointEvery;
      return new MerkleTree((await account.rootsBetween(first, first + checkpointEvery)).map(hashBytes));
    }
    case 'start':
      return stateTree(await account.leavesAt(0));
    case 'after':
      return stateTree(await account.leavesAt(game.step + 1));
    case 'inputs':
      return (await account.recordOf(game.step)).inputsTree;
    case 'trace':
      return (await account.recordOf(game.step)).traceTree;
    case 'tensor':
      return (await account.recordOf(game.step)).tensorTree(tensorOf(account, game.named as Named));
    case 'prefixes':
      return new MerkleTree((await prefixesOf(account, game)).map(prefixLeaf));
  }
}

/** What a leaf of a tensor or of prefixes is the hash of. Errors: RangeError for other lists. */
export async function ownContent(account: Account, game: Game, list: ListName, leaf: number): Promise<Uint8Array> {
  if (list === 'prefixes') return u32be(...((await prefixesOf(account, game))[leaf] as Prefix));
  if (list !== 'tensor') throw new RangeError(`leaves of ${list} have no content`);
  const record = await account.recordOf(game.step);
  return record.pieceOf(tensorOf(account, game.named as Named), leaf);
}

/** Lists under which words are shown: one's own, or the defender's as far as they have been seen. */
export interface PathsOfStep {
  readonly inputs: Paths;
  readonly before: Paths;
  readonly trace: Paths;
}

export function ownPaths(record: StepRecord): PathsOfStep {
  return { inputs: record.inputsTree, before: record.beforeTree, trace: record.traceTree };
}

/** D3. */
export function showWord(account: Account, record: StepRecord, tensor: number, element: number, paths: PathsOfStep): ShownWord {
  const { origin, place } = account.material.docket.show('tensor', tensor).fact;
  const piece = Math.floor((element * 4) / PIECE_BYTES);
  const rootPath = origin === 'input' ? paths.inputs.path(place) : origin === 'state' ? paths.before.path(1 + place) : paths.trace.path(place);
  return { piece: record.pieceOf(tensor, piece), piecePath: record.tensorTree(tensor).path(piece), rootPath };
}

/** D4: what operation `k` reads at a point. */
export function showPoint(account: Account, record: StepRecord, k: number, point: Point, paths: PathsOfStep): ShownPoint {
  const { program, docket } = account.material;
  const operation = program.operations[k] as (typeof program.operations)[number];
  const words: ShownWord[] = [];
  evaluatePoint(operation, readTypes(program, k), point, (read, element) => {
    const tensor = operation.reads[read]?.tensor as number;
    words.push(showWord(account, record, tensor, element, paths));
    return record.trace.tensors[tensor]?.[element] as number;
  });
  return { facts: operation.reads.map(({ tensor }) => docket.show('tensor', tensor)), words };
}
