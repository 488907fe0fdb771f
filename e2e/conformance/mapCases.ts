/** Operations without a reduction, large enough that a tuning has them do four elements an invocation. */
import type { Instruction, Operation, Program } from '#engine/program/program.ts';
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

/** An average and what it is subtracted from, both over their states, for parameters of so many elements. `lost`: a parameter, and an element of its gradient that is not finite. */
function updates(name: string, counts: readonly number[], lost: { parameter: number; element: number } | null = null): Case {
  const map = (label: string, count: number, out: number, tensors: readonly number[], body: readonly Instruction[]): Operation => ({
    label,
    out,
    shape: [count],
    reduce: 'none',
    extents: [],
    reads: tensors.map((tensor) => read(tensor, [count], [at([[0, 1]])])),
    body: [...tensors.map((_, k): Instruction => ({ op: 'read', read: k })), ...body],
    results: [tensors.length + body.length - 1],
  });
  const tensors = counts.flatMap((count, k) => ['gradient', 'average', 'weight', 'next average', 'next weight'].map((tensor) => f32(`${tensor} ${k}`, count)));
  const program: Program = {
    profile: 'f12',
    tensors,
    inputs: counts.map((_, k) => ({ tensor: 5 * k, source: { kind: 'argument', name: `gradient ${k}` } })),
    state: counts.flatMap((_, k) => [1, 2].map((tensor) => ({ tensor: 5 * k + tensor, next: 5 * k + tensor + 2, role: 'averaged' as const, fill: 0 }))),
    outputs: [],
    operations: counts.flatMap((count, k) => [
      map(`average ${k}`, count, 5 * k + 3, [5 * k, 5 * k + 1], [{ op: 'add', args: [0, 1] }]),
      map(`weight ${k}`, count, 5 * k + 4, [5 * k + 2, 5 * k + 3], [{ op: 'sub', args: [0, 1] }]),
    ]),
  };
  const random = new RandomWords(counts.length);
  const words = (count: number) => new Uint32Array(Float32Array.from(random.integers(count), (word) => (word >>> 8) / 2 ** 23 - 1).buffer);
  const [first, second] = [0, 1].map(() => counts.map(words));
  const gradient = first?.[lost?.parameter ?? -1];
  if (lost && gradient) gradient[lost.element] = INF;
  return { name, program, state: counts.flatMap((count) => [words(count), words(count)]), steps: [first ?? [], second ?? []] };
}

const FOURS = [ROWS * COLUMNS];

export const mapCases = (): Case[] => [
  spread(),
  updates('update in place, in fours', FOURS),
  updates('update that diverges, in fours', FOURS, { parameter: 0, element: ROWS * COLUMNS - 2 }),
];

/** Updates that share a dispatch: of sizes around those of a workgroup, of 67 parameters, which are more than one dispatch has room for, and in fours. */
export const joinedCases = (): Case[] => [
  updates('updates of five parameters', [5, 64, 2, 300, 65]),
  updates('P6 updates of which the fourth diverges', [5, 64, 2, 300, 65], { parameter: 3, element: 299 }),
  updates(
    'updates of 67 parameters',
    Array.from({ length: 67 }, (_, k) => 2 + ((k * 37) % 150)),
  ),
  updates('updates in fours', [ROWS * COLUMNS, 3 * ROWS * COLUMNS]),
];
