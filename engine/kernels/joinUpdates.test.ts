import { expect, test } from 'vitest';
import type { Operation, Program, Read } from '#engine/program/program.ts';
import { planMemory } from './planMemory.ts';
import { lintWgsl } from './testing/lintWgsl.ts';
import { kernelsOf } from './webgpuExecutor.ts';

const tuning = { leastInvocations: 256, mostCells: 32, workgroupMemory: false, mapsInFours: false };

/** Three parameters, whose states are 0, 1, 2, gradients 3, 4, 5 and next states 6, 7, 8; `between` stands before the last update. */
function programOf(counts: readonly number[], between: readonly Operation[] = []): Program {
  const own = (tensor: number, count: number): Read => ({ tensor, view: [count], index: [{ terms: [[0, 1]], offset: 0, div: 1, exact: false }], fill: 0 });
  const updates = counts.map(
    (count, k): Operation => ({
      label: `update ${k}`,
      out: 6 + k,
      shape: [count],
      reduce: 'none',
      extents: [],
      reads: [own(k, count), own(3 + k, count)],
      body: [
        { op: 'read', read: 0 },
        { op: 'read', read: 1 },
        { op: 'sub', args: [0, 1] },
      ],
      results: [2],
    }),
  );
  return {
    profile: 'f12',
    tensors: [...counts, ...counts, ...counts, 1].map((count, k) => ({ name: `t${k}`, dtype: 'f32', shape: [count] })),
    inputs: [3, 4, 5].map((tensor) => ({ tensor, source: { kind: 'argument', name: `t${tensor}` } })),
    state: [0, 1, 2].map((tensor) => ({ tensor, next: tensor + 6, role: 'trained', fill: 0 })),
    outputs: [],
    operations: [...updates.slice(0, -1), ...between, ...updates.slice(-1)],
  };
}

/** Sum of a tensor, into tensor 9. */
const sumOf = (tensor: number, count: number): Operation => ({
  label: `sum of ${tensor}`,
  out: 9,
  shape: [1],
  reduce: 'sum',
  extents: [count],
  reads: [{ tensor, view: [count], index: [{ terms: [[1, 1]], offset: 0, div: 1, exact: false }], fill: 0 }],
  body: [{ op: 'read', read: 0 }],
  results: [0],
});

const shares = (program: Program) => planMemory(program, tuning).kernels.map(({ label, twins }) => (twins ? twins.map((twin) => twin.label) : label));

test('updates of parameters of different sizes are one dispatch', () => {
  expect(shares(programOf([5, 7, 100]))).toEqual([['update 0', 'update 1', 'update 2']]);
});

test('an update of a size that takes larger workgroups is another kernel', () => {
  expect(shares(programOf([5, 9000, 100]))).toEqual([['update 0', 'update 2'], 'update 1']);
});

test('an update waits for who still reads the state that it writes over', () => {
  expect(shares(programOf([5, 7, 30], [sumOf(2, 30)]))).toEqual([['update 0', 'update 1'], 'sum of 2', 'update 2']);
});

test('and for who reads what another has written; what has nothing to do with it is passed', () => {
  expect(shares(programOf([5, 7, 100], [sumOf(7, 7)]))).toEqual([['update 0', 'update 1', 'update 2'], 'sum of 7']);
});

test('N2 no float of a shared dispatch escapes its fence', () => {
  const joined = kernelsOf(planMemory(programOf([5, 7, 100]), tuning)).find(({ shares: parts }) => parts);
  expect(joined?.shares?.length).toBe(3);
  expect(lintWgsl(joined?.code ?? '')).toEqual([]);
  expect(lintWgsl(joined?.code.replace('flush(fence(', '(bitcast<u32>(') ?? '')).not.toEqual([]);
});
