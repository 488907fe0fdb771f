/** Which pieces are hashed, in which order, so that the roots (SPEC H2, H3) of many tensors come out of few dispatches. */
import { LEAF_WORDS } from '#engine/program/tensorRoot.ts';
import type { Stretch } from './wordReader.ts';
import { HASH_WORKGROUP, PAIR_WORDS } from './sha256.wgsl.ts';

export const NODE_WORDS = 8;
/** Workgroups of a dispatch, which every device takes. */
const MOST_WORKGROUPS = 65535;

/** Its pieces become as many nodes, from number `into` on. */
interface HashRange extends Stretch {
  readonly into: number;
}

/** One dispatch. */
export interface HashPass {
  /** Leaves of LEAF_WORDS, read from the tensors; or PAIR_WORDS, read from the nodes. */
  readonly pieceWords: number;
  readonly pieces: number;
  readonly ranges: readonly HashRange[];
  /** SHA-256 blocks: what it costs. */
  readonly blocks: number;
}

export interface HashPlan {
  readonly passes: readonly HashPass[];
  /** All levels. Node k, for k below the number of tensors, is the root of tensor k. */
  readonly nodes: number;
}

/** `mostBlocks`: of one pass, if that leaves at least one piece. A tensor of no words keeps a zero node (H2). */
export function planHash(tensors: readonly Stretch[], mostBlocks: number): HashPlan {
  const passes: HashPass[] = [];
  let nodes = tensors.length;
  let open = tensors.map((stretch, tensor) => ({ ...stretch, tensor }));
  for (let pieceWords = LEAF_WORDS; open.length > 0; pieceWords = PAIR_WORDS) {
    const above: typeof open = [];
    const ranges = open.map(({ tensor, offset, words }): HashRange => {
      const count = Math.ceil(words / pieceWords);
      if (count <= 1) return { offset, words, into: tensor };
      const into = nodes;
      nodes += count;
      above.push({ tensor, offset: into * NODE_WORDS, words: count * NODE_WORDS });
      return { offset, words, into };
    });
    passes.push(...cutPasses(ranges, pieceWords, mostBlocks));
    open = above;
  }
  return { passes, nodes };
}

function cutPasses(ranges: readonly HashRange[], pieceWords: number, mostBlocks: number): HashPass[] {
  const blocksAPiece = pieceWords / 16 + 1;
  const most = Math.max(1, Math.min(MOST_WORKGROUPS * HASH_WORKGROUP, Math.floor(mostBlocks / blocksAPiece)));
  const passes: HashPass[] = [];
  let taken: HashRange[] = [];
  let pieces = 0;
  const end = () => {
    if (pieces > 0) passes.push({ pieceWords, pieces, ranges: taken, blocks: pieces * blocksAPiece });
    taken = [];
    pieces = 0;
  };
  for (const range of ranges) {
    let { offset, words, into } = range;
    while (words > 0) {
      const count = Math.min(most - pieces, Math.ceil(words / pieceWords));
      const part = Math.min(words, count * pieceWords);
      taken.push({ offset, words: part, into });
      pieces += count;
      offset += part;
      words -= part;
      into += count;
      if (pieces === most) end();
    }
  }
  end();
  return passes;
}
