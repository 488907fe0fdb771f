/** The lists of a game that can be walked (SPEC D9): under which root, how many leaves, and whether leaves have a content. */
import { sha256 } from '#engine/program/sha256.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { PIECE_BYTES, piecesOf } from './court.ts';
import type { Game, ListName } from './game.ts';
import { prefixMachine, type PrefixMachine } from './prefixMachine.ts';
import type { Phase } from './transitions.ts';

export interface ListOfGame {
  readonly root: Hash;
  readonly count: number;
  /** Bytes of a leaf's content, or null where a leaf is nothing but a hash. */
  readonly contentBytes: number | null;
}

/** Lists that may be walked in a phase. `start` only in the first segment. */
export const LISTS_OF: Readonly<Partial<Record<Phase, readonly ListName[]>>> = {
  steps: ['steps', 'start'],
  fault: ['after', 'inputs', 'trace'],
  tensor: ['tensor'],
  term: ['prefixes'],
};

/** Of the element that is disputed; the dtype of terms matters to steps only, so any will do to count and to finish. */
export function machineOf(game: Game): PrefixMachine | null {
  const reduction = game.named?.reduction;
  return reduction ? prefixMachine({ ...reduction, profile: game.setting.job.profile, dtype: 'f32' }) : null;
}

/** Steps of the segment: of an outer step one a counted slot. */
export function stepsIn({ setting }: Game): number {
  return setting.counted ?? setting.job.checkpointEvery;
}

/** Whether the state after `done` steps is the next G: it has fewer tensors, and the header of a G. */
export function isNextGlobal({ setting }: Game, done: number): boolean {
  return setting.counted === done;
}

/** Leaves of the state after `done` steps (H4). */
export function leavesAfter(game: Game, done: number): number {
  const { job } = game.setting;
  return 1 + (isNextGlobal(game, done) ? job.globals : job.state);
}

/** Null where the game has no such list now. */
export function listOf(game: Game, list: ListName): ListOfGame | null {
  const { job } = game.setting;
  const plain = (root: Hash | null | undefined, count: number) => (root ? { root, count, contentBytes: null } : null);
  switch (list) {
    case 'steps':
      return plain(game.stepsRoot, stepsIn(game) + 1);
    case 'start':
      return game.segment === 0 ? plain(game.ends?.[0], leavesAfter(game, 0)) : null;
    case 'after':
      return plain(game.after, leavesAfter(game, game.step + 1));
    case 'inputs':
      return plain(game.inputsRoot, job.inputs);
    case 'trace':
      return plain(game.traceRoot, job.operations);
    case 'tensor':
      return game.named && { root: game.named.root, count: piecesOf(game.named.elements), contentBytes: PIECE_BYTES };
    case 'prefixes': {
      const machine = machineOf(game);
      return machine && game.prefixesRoot ? { root: game.prefixesRoot, count: machine.count + 1, contentBytes: 4 * machine.start.length } : null;
    }
  }
}

export function contentLeaf(content: Uint8Array): Hash {
  return toHash(sha256(content));
}
