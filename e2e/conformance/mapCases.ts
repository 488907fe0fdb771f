/** Operations without a reduction, large enough that a tuning has them do four elements an invocation. */
import type { Instruction, Operation, Program, Read } from '#engine/program/program.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import type { Case } from './compareCase.ts';
import { at, axis, caseOf, f32, read } from './kernelCases.ts';

const ROWS = 64;
const COLUMNS = 256;
const INF = 0x7f800000;

/** Elements with their own word, their column's, their row's, and one for all. */
const spread = () =>
  caseOf('map over rows and columns, in fours', {
    inputs: [f32('own', ROWS, COLUMNS), f32('column', COLUMNS), f32('row', ROWS), f32('one')],
    shape: [ROWS, COLUMNS],
    reads: [read(0, [ROWS, COLUMNS], [axis(0), axis(1)]), read(1, [COLUMNS], [axis(1)]), read(2, [ROWS], [axis(0)]), read(3, [], [])],
    body: [...[0, 1, 2, 3].map((k): Instruction => ({ op: 'read', read: k })), { op: 'mul', args: [0, 1] }, { op: 'add', args: [4, 2] }, { op: 'div', args: [5, 3] }],
  });

/** An average and what it is subtracted from, both over their states. `lost`: an element of the gradient that is not finite, or null. */
function update(name: string, lost: number | null): Case {
  const count = ROWS * COLUMNS;
  const own = (tensor: number): Read => read(tensor, [count], [at([[0, 1]])]);
  const map = (label: string, out: number, tensors: readonly number[], body: readonly Instruction[]): Operation => ({
    label,
    out,
    shape: [count],
    reduce: 'none',
    extents: [],
    reads: tensors.map(own),
    body: [...tensors.map((_, k): Instruction => ({ op: 'read', read: k })), ...body],
    results: [tensors.length + body.length - 1],
  });
  const program: Program = {
    profile: 'f12',
    tensors: ['gradient', 'average', 'weight', 'next average', 'next weight'].map((tensor) => f32(tensor, count)),
    inputs: [{ tensor: 0, source: { kind: 'argument', name: 'gradient' } }],
    state: [1, 2].map((tensor) => ({ tensor, next: tensor + 2, role: 'averaged', fill: 0 })),
    outputs: [],
    operations: [map('average', 3, [0, 1], [{ op: 'add', args: [0, 1] }]), map('weight', 4, [2, 3], [{ op: 'sub', args: [0, 1] }])],
  };
  const random = new RandomWords(count);
  const words = () => new Uint32Array(Float32Array.from(random.integers(count), (word) => (word >>> 8) / 2 ** 23 - 1).buffer);
  const gradient = words();
  if (lost !== null) gradient[lost] = INF;
  return { name, program, state: [words(), words()], steps: [gradient, words()].map((one) => [one]) };
}

export const mapCases = (): Case[] => [spread(), update('update in place, in fours', null), update('update that diverges, in fours', ROWS * COLUMNS - 2)];
