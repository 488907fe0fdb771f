import { describe, expect, test } from 'vitest';
import { estimateCost } from './estimateCost.ts';
import { LIMITS } from './limits.ts';
import type { Affine, Instruction, Operation, Program, Read } from './program.ts';
import { ProgramError } from './programError.ts';
import { validateProgram } from './validateProgram.ts';

const axis = (k: number, coefficient = 1): Affine => ({ terms: [[k, coefficient]], offset: 0, div: 1, exact: false });
const read = (tensor: number, view: number[], index: Read['index']): Read => ({ tensor, view, index, fill: 0 });

/** c[4] = sum over 3 of a[4, 3]; state w[4] -> c. */
const good: Program = {
  profile: 'f12',
  tensors: [
    { name: 'a', dtype: 'f32', shape: [4, 3] },
    { name: 'w', dtype: 'f32', shape: [4] },
    { name: 'c', dtype: 'f32', shape: [4] },
    { name: 'n', dtype: 'i32', shape: [4] },
  ],
  inputs: [
    { tensor: 0, source: { kind: 'column', column: 'a' } },
    { tensor: 3, source: { kind: 'column', column: 'n' } },
  ],
  state: [{ tensor: 1, next: 2, role: 'trained', fill: 0 }],
  outputs: [{ tensor: 2, name: 'loss' }],
  operations: [{ label: 'sum', out: 2, shape: [4], reduce: 'sum', extents: [3], reads: [read(0, [4, 3], [axis(0), axis(1)])], body: [{ op: 'read', read: 0 }], results: [0] }],
};
const withOperation = (change: Partial<Operation>): Program => ({ ...good, operations: [{ ...(good.operations[0] as Operation), ...change }] });
const withBody = (...body: Instruction[]) => withOperation({ body: [{ op: 'read', read: 0 }, ...body], results: [body.length] });
const tensors = (k: number, shape: number[], dtype: 'f32' | 'i32' = 'f32') => good.tensors.map((tensor, at) => (at === k ? { ...tensor, shape, dtype } : tensor));

describe('P3 what validation refuses', () => {
  test('P3 the plain one passes', () => validateProgram(good));

  test('P3 a gather that a result needs passes, by way of another gather too', () => {
    const reads = [read(3, [4], [axis(0)]), read(3, [4], [{ gather: 0 }]), read(1, [4], [{ gather: 1 }])];
    validateProgram(
      withOperation({
        shape: [4],
        reads,
        body: [
          { op: 'read', read: 2 },
          { op: 'neg', args: [0] },
        ],
        results: [1],
      }),
    );
  });

  test.each<[string, Program, RegExp]>([
    ['P1 an input written', withOperation({ out: 0, shape: [12] }), /already written/],
    ['P1 a tensor written twice', { ...good, operations: [...good.operations, ...good.operations] }, /already written/],
    ['P1 read before written', withOperation({ reads: [read(2, [4], [axis(0)])] }), /no value there/],
    ['P1 an output nobody writes', { ...good, operations: [] }, /no value there/],
    ['P1 a tensor that is input and state', { ...good, state: [{ tensor: 0, next: 0, role: 'local', fill: 0 }] }, /twice/],
    ['P3 a next value of another size', { ...good, state: [{ tensor: 1, next: 0, role: 'trained', fill: 0 }] }, /another type or size/],
    ['P3 a view of another size', withOperation({ reads: [read(0, [5, 3], [axis(0), axis(1)])] }), /another number of elements/],
    ['P3 an index too few', withOperation({ reads: [read(0, [4, 3], [axis(0)])] }), /1 indexes for 2/],
    ['P3 an axis that is not there', withOperation({ reads: [read(0, [4, 3], [axis(0), axis(2)])] }), /no axis 2/],
    ['P3 an index beyond 32 bits', withOperation({ reads: [read(0, [4, 3], [axis(0, 2 ** 30), axis(1)])] }), /32 bits/],
    ['P3 a division by zero', withOperation({ reads: [read(0, [4, 3], [{ ...axis(0), div: 0 }, axis(1)])] }), /division by 0/],
    ['P3 an offset that is not whole', withOperation({ reads: [read(0, [4, 3], [{ ...axis(0), offset: 0.5 }, axis(1)])] }), /whole/],
    ['P3 a gather by f32', withOperation({ reads: [read(0, [4, 3], [axis(0), axis(1)]), read(0, [4, 3], [{ gather: 0 }, axis(1)])] }), /must be an integer/],
    ['P3 a gather by a later read', withOperation({ reads: [read(0, [4, 3], [{ gather: 1 }, axis(1)]), read(3, [4], [axis(0)])] }), /not an earlier one/],
    [
      'P3 a gather that no result needs',
      withOperation({
        reads: [read(0, [4, 3], [axis(0), axis(1)]), read(3, [4], [axis(0)]), read(1, [4], [{ gather: 1 }])],
        body: [
          { op: 'read', read: 0 },
          { op: 'read', read: 2 },
        ],
      }),
      /read 2: a gather that no result needs/,
    ],
    ['P3 an integer added as f32', withBody({ op: 'axis', axis: 0 }, { op: 'add', args: [0, 1] }), /is i32, must be f32/],
    ['P3 an argument too many', withBody({ op: 'neg', args: [0, 0] }), /takes 1 arguments/],
    ['P3 an argument that names itself', withBody({ op: 'neg', args: [1] }), /earlier line/],
    ['P3 a select of two types', withBody({ op: 'axis', axis: 0 }, { op: 'select', args: [1, 0, 1] }), /types f32 and i32/],
    ['P3 a constant that is not canonical', withBody({ op: 'const', dtype: 'f32', bits: 0x80000000 }, { op: 'add', args: [0, 1] }), /canonical/],
    ['P3 a fill that is not canonical', withOperation({ reads: [{ ...read(0, [4, 3], [axis(0), axis(1)]), fill: 1 }] }), /canonical/],
    ['P3 a sum of integers', { ...withOperation({}), tensors: tensors(0, [4, 3], 'i32') }, /must be f32/],
    ['P3 two results of a sum', withOperation({ results: [0, 0] }), /takes 1 results/],
    ['P3 a result that is no line', withOperation({ results: [4] }), /not a body line/],
    ['P3 argmax into f32', withOperation({ reduce: 'argmax' }), /gives i32/],
    ['P3 a reduction over nothing', withOperation({ extents: [] }), /0 reduced axes/],
    ['P3 an extent of zero', withOperation({ extents: [0] }), /at least 1/],
    ['P4 too many reads', withOperation({ reads: Array.from({ length: LIMITS.reads + 1 }, () => read(0, [4, 3], [axis(0), axis(1)])) }), /limit of 16/],
    ['P4 too high a rank', { ...good, tensors: tensors(3, [1, 1, 1, 1, 1, 1, 1, 1, 4]) }, /limit of 8/],
    ['P4 too large a tensor', { ...good, tensors: tensors(3, [2 ** 20, 2 ** 20]) }, /over the limit/],
    ['P4 too many points', withOperation({ extents: [2 ** 28, 2 ** 10] }), /over the limit/],
    ['P4 too many functions for a court', withBody(...Array.from({ length: 16 }, (_, k): Instruction => ({ op: 'tanh', args: [k] }))), /8193 body lines.* limit of 8192/],
    ['P4 too long an operation', withOperation({ label: 'x'.repeat(LIMITS.nameBytes + 1) }), /limit of 200/],
    ['P4 two tensors of one name', { ...good, tensors: [...good.tensors, { name: 'a', dtype: 'f32', shape: [] }] }, /two tensors/],
  ])('%s', (_what, program, reason) => {
    expect(() => validateProgram(program)).toThrow(ProgramError);
    expect(() => validateProgram(program)).toThrow(reason);
  });
});

test('P5 cost of a small Program', () => {
  // 4 x 3 terms summed; a, w, c and n live: 12 + 4 + 4 + 4 words.
  expect(estimateCost(good)).toEqual({ flops: 12, macs: 0, parameters: 4, peakBytes: 96 });
});

test('P4 a step that would never end is refused with its FLOPs', () => {
  const shape = [2 ** 28];
  const many = Array.from(
    { length: 3000 },
    (_, k): Operation => ({
      label: `o${k}`,
      out: k + 1,
      shape,
      reduce: 'sum',
      extents: [2 ** 8],
      reads: [read(0, [1], [{ terms: [], offset: 0, div: 1, exact: false }])],
      body: [{ op: 'read', read: 0 }],
      results: [0],
    }),
  );
  const program: Program = {
    ...good,
    tensors: [{ name: 'a', dtype: 'f32', shape: [1] }, ...many.map((_, k) => ({ name: `t${k}`, dtype: 'f32' as const, shape }))],
    inputs: [{ tensor: 0, source: { kind: 'column', column: 'a' } }],
    state: [],
    outputs: [],
    operations: many,
  };
  expect(() => validateProgram(program)).toThrow(/FLOPs a step are over the limit/);
});
