import { expect, test } from 'vitest';
import type { Affine, Operation, Program } from '#engine/program/program.ts';
import { groupMaps } from './fuseMaps.ts';

const own: Affine = { terms: [[0, 1]], offset: 0, div: 1, exact: false };
const backward: Affine = { terms: [[0, -1]], offset: 7, div: 1, exact: false };

/** `out` = negated `from`, read along `index`. */
const map = (out: number, from: number, index: Affine = own, reduce: Operation['reduce'] = 'none'): Operation => ({
  label: `t${out}`,
  out,
  shape: reduce === 'none' ? [8] : [],
  reduce,
  extents: reduce === 'none' ? [] : [8],
  reads: [{ tensor: from, view: [8], index: [index], fill: 0 }],
  body: [
    { op: 'read', read: 0 },
    { op: 'neg', args: [0] },
  ],
  results: [1],
});

const programOf = (operations: readonly Operation[], state: Program['state'] = []): Program => ({
  profile: 'f12',
  tensors: Array.from({ length: 8 }, (_, k) => ({ name: `t${k}`, dtype: 'f32', shape: [8] })),
  inputs: [],
  state,
  outputs: [],
  operations,
});

test('maps over as many elements that read each other at their own element are one kernel', () => {
  expect(groupMaps(programOf([map(1, 0), map(2, 1), map(3, 0, backward)]))).toEqual([[0, 1, 2]]);
});

test('what another element of the group has written is read in the next kernel', () => {
  expect(groupMaps(programOf([map(1, 0), map(2, 1, backward), map(3, 2)]))).toEqual([[0], [1, 2]]);
});

test('a reduction stands alone and ends a group', () => {
  expect(groupMaps(programOf([map(1, 0), map(2, 1, own, 'sum'), map(3, 0), map(4, 3)]))).toEqual([[0], [1], [2, 3]]);
});

test('a state that is written over in place is not read elsewhere by a neighbour', () => {
  const state = [{ tensor: 0, next: 1, role: 'trained' as const, fill: 0 }];
  expect(groupMaps(programOf([map(2, 0, backward), map(1, 0)], state))).toEqual([[0], [1]]);
  expect(groupMaps(programOf([map(2, 0), map(1, 0)], state))).toEqual([[0, 1]]);
});
