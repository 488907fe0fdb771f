import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, test } from 'vitest';
import { merkleRoot, verifyMerkleProof } from '#engine/program/merkle.ts';
import { tensorRoot } from '#engine/program/tensorRoot.ts';
import { u32be } from '#swarm/protocol/bytes.ts';
import { hashBytes, toHash } from '#swarm/protocol/hex.ts';
import { filledRoot } from './faultMoves.ts';
import { childCount, childHeight, foldChildren, foldPath, MerkleTree, topOf, widthAt } from './merkleTree.ts';
import { SeenList } from './seenList.ts';
import { tinyRound } from './testing/disputeMaterial.ts';
import { buildDocket, isShown } from './docket.ts';

const leavesOf = (count: number, from = 0) => Array.from({ length: count }, (_, k) => sha256(u32be(from + k)));
const COUNTS = [1, 2, 3, 5, 15, 16, 17, 31, 33, 100, 256, 257];

describe('lists under a root (SPEC H2, D9)', () => {
  test.each(COUNTS)('%i leaves: root, paths of leaves and of nodes', (count) => {
    const leaves = leavesOf(count);
    const tree = new MerkleTree(leaves);
    expect(tree.root).toBe(toHash(merkleRoot(leaves)));
    for (let k = 0; k < count; k += 1 + Math.floor(count / 7)) {
      const path = tree.path(k);
      expect(foldPath(tree.node(0, k), k, count, path)).toBe(tree.root);
      expect(verifyMerkleProof(merkleRoot(leaves), leaves[k] as Uint8Array, k, count, path.map(hashBytes))).toBe(true);
      if (count > 1) expect(foldPath(tree.node(0, k), k, count, path.slice(1))).toBeNull();
      expect(foldPath(tree.node(0, k), k, count, [...path, tree.root])).toBeNull();
      expect(foldPath(tree.node(0, k), count, count, path)).toBeNull();
    }
    for (let height = 0; height <= topOf(count); height++) {
      const last = widthAt(count, height) - 1;
      expect(foldPath(tree.node(height, last), last, widthAt(count, height), tree.path(last, height))).toBe(tree.root);
    }
  });

  test('a node beside the padding stands beside zero and nothing else', () => {
    const tree = new MerkleTree(leavesOf(5));
    const path = tree.path(4);
    expect(foldPath(tree.node(0, 4), 4, 5, [tree.root, ...path.slice(1)])).toBeNull();
  });

  test.each(COUNTS.slice(1))('%i leaves: a walk by 16 children ends at the first difference (D9)', (count) => {
    const own = new MerkleTree(leavesOf(count));
    for (const wrong of new Set([0, 1, Math.floor(count / 2), count - 1])) {
      const theirs = new MerkleTree(leavesOf(count).map((leaf, k) => (k === wrong || k === count - 1 ? sha256(leaf) : leaf)));
      const seen = new SeenList(theirs.root, own);
      let walks = 0;
      for (let at = seen.firstDifference(); at && at.height > 0; at = seen.firstDifference(), walks++) {
        expect(foldPath(seen.node(at), at.index, widthAt(count, at.height), seen.path(at.index, at.height))).toBe(theirs.root);
        const lower = childHeight(at.height);
        const first = at.index * 2 ** (at.height - lower);
        const children = Array.from({ length: childCount(count, at.height, at.index) }, (_, k) => theirs.node(lower, first + k));
        expect(foldChildren(children, at.height - lower).at(-1)?.[0]).toBe(seen.node(at));
        seen.takeChildren(at, children);
      }
      expect(walks).toBeLessThanOrEqual(Math.ceil(topOf(count) / 4));
      expect(seen.firstDifference()).toEqual({ height: 0, index: wrong });
      for (let k = 0; k <= wrong; k++) expect(foldPath(theirs.node(0, k), k, count, seen.path(k))).toBe(theirs.root);
    }
  });

  test.each([1, 255, 256, 257, 1000, 1024, 5000])('the root of %i equal words without writing them out (H3, D7)', (elements) => {
    expect(filledRoot(elements, 0x3f800000)).toBe(toHash(tensorRoot(new Uint32Array(elements).fill(0x3f800000))));
  });
});

describe('the docket (SPEC D1)', () => {
  const { docket } = tinyRound();
  test('every fact is shown by its path, and is no other fact', () => {
    for (const kind of ['tensor', 'input', 'state', 'operation'] as const) {
      docket.facts[kind].forEach((_, k) => {
        const shown = docket.show(kind, k);
        expect(isShown(docket.root, docket.job, kind, k, shown)).toBe(true);
        expect(isShown(docket.root, docket.job, kind, k + 1, shown)).toBe(false);
      });
    }
  });

  test('another learning rate, seed or row count is another docket', () => {
    const { program, spec, dataset } = tinyRound();
    const { manifest } = dataset;
    const roots = [
      buildDocket(program, spec, manifest),
      buildDocket(tinyRound(0.002).program, spec, manifest),
      buildDocket(program, { ...spec, seed: `0x${'5f'.repeat(32)}` }, manifest),
      buildDocket(program, spec, { ...manifest, rows: manifest.rows - 1 }),
    ].map(({ root }) => root);
    expect(new Set(roots).size).toBe(roots.length);
    expect(roots[0]).toBe(docket.root);
  });
});
