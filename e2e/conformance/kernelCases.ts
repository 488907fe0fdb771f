/** Small Programs at the corners of what kernels do: odd sizes, block ends, padding, infinities, big grids, in-place state. */
import type { Affine, DType, Index, Instruction, Operation, Profile, Program, Read, Reduce, TensorSpec } from '#engine/program/program.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import type { Case } from './compareCase.ts';

const INF = 0x7f800000;
const NEGATIVE_INF = 0xff800000;
const NAN = 0x7fc00000;

/** Sum of coefficient * axis, plus offset, divided. */
export const at = (terms: readonly (readonly [number, number])[], offset = 0, div = 1, exact = false): Affine => ({ terms, offset, div, exact });
export const axis = (k: number): Affine => at([[k, 1]]);
export const read = (tensor: number, view: readonly number[], index: readonly Index[], fill = 0): Read => ({ tensor, view, index, fill });
const count = (shape: readonly number[]) => shape.reduce((all, extent) => all * extent, 1);

interface OneOperation {
  readonly inputs: readonly TensorSpec[];
  readonly shape: readonly number[];
  readonly reduce?: Reduce;
  readonly extents?: readonly number[];
  readonly reads: readonly Read[];
  readonly body?: readonly Instruction[];
  readonly results?: readonly number[];
  readonly dtype?: DType;
  readonly profile?: Profile;
}

/** One operation over inputs; its result is an output as words, so that Inf and NaN are values to agree on and end nothing. */
function programOf(label: string, { inputs, shape, reduce = 'none', extents = [], reads, body, results, dtype = 'f32', profile = 'f12' }: OneOperation): Program {
  const lines = body ?? reads.map((_, k): Instruction => ({ op: 'read', read: k }));
  const result = inputs.length;
  const cast: Instruction[] = dtype === 'u32' ? [] : [{ op: dtype === 'f32' ? 'f2bits' : 'i2u', args: [0] }];
  const operations: Operation[] = [
    { label, out: result, shape, reduce, extents, reads, body: lines, results: results ?? (reduce === 'mac' ? [0, 1] : [lines.length - 1]) },
    {
      label: 'its bits',
      out: result + 1,
      shape,
      reduce: 'none',
      extents: [],
      reads: [
        read(
          result,
          shape,
          shape.map((_, k) => axis(k)),
        ),
      ],
      body: [{ op: 'read', read: 0 }, ...cast],
      results: [cast.length],
    },
  ];
  return {
    profile,
    tensors: [...inputs, { name: 'result', dtype, shape }, { name: 'bits', dtype: 'u32', shape }],
    inputs: inputs.map(({ name }, tensor) => ({ tensor, source: { kind: 'argument', name } })),
    state: [],
    outputs: [{ tensor: result + 1, name: label }],
    operations,
  };
}

export const f32 = (name: string, ...shape: number[]): TensorSpec => ({ name, dtype: 'f32', shape });

export function caseOf(name: string, operation: OneOperation, change: (values: Uint32Array[]) => void = () => {}): Case {
  const random = new RandomWords(name.length * 7919 + count(operation.shape));
  const values = operation.inputs.map(({ dtype, shape }) => (dtype === 'f32' ? random.floats(count(shape), 0) : random.integers(count(shape))));
  change(values);
  return { name, program: programOf(name, operation), state: [], steps: [values] };
}

export function matrixProduct(rows: number, inner: number, columns: number, profile: Profile): OneOperation {
  return {
    inputs: [f32('a', rows, inner), f32('b', inner, columns)],
    shape: [rows, columns],
    reduce: 'mac',
    extents: [inner],
    profile,
    reads: [read(0, [rows, inner], [axis(0), axis(2)]), read(1, [inner, columns], [axis(2), axis(1)])],
  };
}

function matrixCases(profile: Profile): Case[] {
  const sizes = [
    [1, 1, 1],
    [1, 64, 1],
    [3, 65, 5],
    [4, 63, 8],
    [7, 129, 10],
    [33, 200, 17],
    [2, 1000, 3],
    [64, 256, 40],
  ] as const;
  const products = sizes.map(([m, k, n]) => caseOf(`${profile} product ${m} x ${k} x ${n}`, matrixProduct(m, k, n, profile)));
  const poisoned = caseOf(`${profile} product with Inf and NaN in two rows`, matrixProduct(9, 70, 12, profile), ([a, b]) => {
    if (!a || !b) return;
    a[3 * 70 + 69] = INF;
    a[5 * 70] = NAN;
    b[4 * 12 + 11] = NEGATIVE_INF;
  });
  const wild = caseOf(`${profile} product of the ends of the range`, matrixProduct(6, 130, 9, profile), (values) => {
    const ends = [0x7f7fffff, 0xff7fffff, 0x53800000, 0x53800001, 0x53ffffff, 0x26000000, 0x25ffffff, 0x01000000, 0x3f800800, 0x3f801800, 0x00000000];
    for (const bits of values) bits.forEach((_, k) => (bits[k] = ends[(k * 7 + (k >> 4)) % ends.length] as number));
  });
  const batched = caseOf(`${profile} batched product, second transposed`, {
    inputs: [f32('a', 3, 10, 70), f32('b', 3, 6, 70)],
    shape: [3, 10, 6],
    reduce: 'mac',
    extents: [70],
    profile,
    reads: [read(0, [3, 10, 70], [axis(0), axis(1), axis(3)]), read(1, [3, 6, 70], [axis(0), axis(2), axis(3)])],
  });
  const computed = caseOf(
    `${profile} product of computed factors, through a gather`,
    {
      inputs: [f32('a', 5, 80), f32('b', 80, 7), { name: 'row', dtype: 'i32', shape: [6] }],
      shape: [6, 7],
      reduce: 'mac',
      extents: [80],
      profile,
      reads: [read(2, [6], [axis(0)]), read(0, [5, 80], [{ gather: 0 }, axis(2)]), read(1, [80, 7], [axis(2), axis(1)])],
      body: [
        { op: 'read', read: 1 },
        { op: 'read', read: 2 },
        { op: 'mul', args: [0, 0] },
      ],
      results: [2, 1],
    },
    (values) => values[2]?.set([4, 0, 3, 3, 1, 2]),
  );
  const usedOnce = caseOf(`${profile} product of computed factors, each used once`, {
    inputs: [f32('a', 6, 80), f32('b', 6, 80)],
    shape: [6],
    reduce: 'mac',
    extents: [80],
    profile,
    reads: [read(0, [6, 80], [axis(0), axis(1)]), read(1, [6, 80], [axis(0), axis(1)])],
    body: [
      { op: 'read', read: 0 },
      { op: 'read', read: 1 },
      { op: 'mul', args: [0, 0] },
    ],
    results: [2, 1],
  });
  return [...products, poisoned, wild, batched, computed, usedOnce];
}

function convolutionCases(profile: Profile): Case[] {
  const image = f32('image', 2, 9, 8, 3);
  const filter = f32('filter', 3, 2, 3, 5);
  // out[b, y, x, o] over (ky, kx, c): axes 0..3, then 4, 5, 6.
  const forward = (name: string, stride: number, pad: number, dilation: number, height: number, width: number) =>
    caseOf(`${profile} convolution, ${name}`, {
      inputs: [image, filter],
      shape: [2, height, width, 5],
      reduce: 'mac',
      extents: [3, 2, 3],
      profile,
      reads: [
        read(
          0,
          [2, 9, 8, 3],
          [
            axis(0),
            at(
              [
                [1, stride],
                [4, dilation],
              ],
              -pad,
            ),
            at(
              [
                [2, stride],
                [5, dilation],
              ],
              -pad,
            ),
            axis(6),
          ],
        ),
        read(1, [3, 2, 3, 5], [axis(4), axis(5), axis(6), axis(3)]),
      ],
    });
  const filterGradient = caseOf(`${profile} gradient of a filter`, {
    inputs: [image, f32('dy', 2, 7, 7, 5)],
    shape: [3, 2, 3, 5],
    reduce: 'mac',
    extents: [2, 7, 7],
    profile,
    reads: [
      read(
        0,
        [2, 9, 8, 3],
        [
          axis(4),
          at([
            [0, 1],
            [5, 1],
          ]),
          at([
            [1, 1],
            [6, 1],
          ]),
          axis(2),
        ],
      ),
      read(1, [2, 7, 7, 5], [axis(4), axis(5), axis(6), axis(3)]),
    ],
  });
  // y = (Y - ky) / 2 where 2 divides it: a transposed convolution.
  const transposed = caseOf(`${profile} transposed convolution of stride 2`, {
    inputs: [f32('dy', 2, 4, 4, 5), f32('filter', 3, 3, 3, 5)],
    shape: [2, 9, 9, 3],
    reduce: 'mac',
    extents: [3, 3, 5],
    profile,
    reads: [
      read(
        0,
        [2, 4, 4, 5],
        [
          axis(0),
          at(
            [
              [1, 1],
              [4, -1],
            ],
            0,
            2,
            true,
          ),
          at(
            [
              [2, 1],
              [5, -1],
            ],
            0,
            2,
            true,
          ),
          axis(6),
        ],
      ),
      read(1, [3, 3, 3, 5], [axis(4), axis(5), axis(3), axis(6)]),
    ],
  });
  const depthwise = caseOf(`${profile} depthwise convolution`, {
    inputs: [f32('image', 2, 6, 6, 4), f32('filter', 3, 3, 4)],
    shape: [2, 6, 6, 4],
    reduce: 'mac',
    extents: [3, 3],
    profile,
    reads: [
      read(
        0,
        [2, 6, 6, 4],
        [
          axis(0),
          at(
            [
              [1, 1],
              [4, 1],
            ],
            -1,
          ),
          at(
            [
              [2, 1],
              [5, 1],
            ],
            -1,
          ),
          axis(3),
        ],
      ),
      read(1, [3, 3, 4], [axis(4), axis(5), axis(3)]),
    ],
  });
  return [
    forward('valid', 1, 0, 1, 7, 7),
    forward('same, padded', 1, 1, 1, 9, 8),
    forward('stride 2', 2, 1, 1, 5, 4),
    forward('dilation 2', 1, 2, 2, 9, 8),
    filterGradient,
    transposed,
    depthwise,
  ];
}

function reductionCases(): Case[] {
  const sums = [1, 31, 32, 33, 64, 1024, 1025, 5000, 40_000].map((terms) =>
    caseOf(`sum of ${terms} terms`, { inputs: [f32('x', 3, terms)], shape: [3], reduce: 'sum', extents: [terms], reads: [read(0, [3, terms], [axis(0), axis(1)])] }),
  );
  const strided = caseOf('sum over first and last of three axes', {
    inputs: [f32('x', 40, 6, 50)],
    shape: [6],
    reduce: 'sum',
    extents: [40, 50],
    reads: [read(0, [40, 6, 50], [axis(1), axis(0), axis(2)])],
  });
  const squares = caseOf('sum of squares to a scalar', {
    inputs: [f32('x', 3000)],
    shape: [],
    reduce: 'sum',
    extents: [3000],
    reads: [read(0, [3000], [axis(0)])],
    body: [
      { op: 'read', read: 0 },
      { op: 'mul', args: [0, 0] },
    ],
  });
  const beyond = caseOf(
    'sum that passes through Inf',
    { inputs: [f32('x', 2, 100)], shape: [2], reduce: 'sum', extents: [100], reads: [read(0, [2, 100], [axis(0), axis(1)])] },
    ([x]) => x?.fill(0x7f000000, 100, 150),
  );
  const largest = (reduce: 'max' | 'argmax') =>
    caseOf(
      `${reduce} over 3 x 3 windows, padded with -Inf, ties and NaN`,
      {
        inputs: [f32('x', 2, 7, 7)],
        shape: [2, 4, 4],
        reduce,
        extents: [3, 3],
        dtype: reduce === 'max' ? 'f32' : 'i32',
        reads: [
          read(
            0,
            [2, 7, 7],
            [
              axis(0),
              at(
                [
                  [1, 2],
                  [3, 1],
                ],
                -1,
              ),
              at(
                [
                  [2, 2],
                  [4, 1],
                ],
                -1,
              ),
            ],
            NEGATIVE_INF,
          ),
        ],
      },
      ([x]) => {
        x?.fill(0x3f800000, 0, 30);
        x?.set([NAN, NEGATIVE_INF, NAN], 70);
      },
    );
  return [...sums, strided, squares, beyond, largest('max'), largest('argmax')];
}

/** More workgroups than one dimension of a dispatch may have (65 535 of 256). */
function bigGridCase(): Case {
  const rows = 16500;
  const columns = 1024;
  const numbers: Instruction[] = [
    { op: 'axis', axis: 0 },
    { op: 'axis', axis: 1 },
    { op: 'const', dtype: 'i32', bits: 0x9e3779b9 },
    { op: 'imul', args: [0, 2] },
    { op: 'ixor', args: [3, 1] },
  ];
  const tensors: TensorSpec[] = [
    { name: 'numbers', dtype: 'i32', shape: [rows, columns] },
    { name: 'row maxima', dtype: 'i32', shape: [rows] },
  ];
  const operations: Operation[] = [
    { label: 'numbers', out: 0, shape: [rows, columns], reduce: 'none', extents: [], reads: [], body: numbers, results: [4] },
    {
      label: 'row maxima',
      out: 1,
      shape: [rows],
      reduce: 'max',
      extents: [columns],
      reads: [read(0, [rows, columns], [axis(0), axis(1)])],
      body: [{ op: 'read', read: 0 }],
      results: [0],
    },
  ];
  return {
    name: 'a grid of 16.9 million elements',
    program: { profile: 'f12', tensors, inputs: [], state: [], outputs: [{ tensor: 1, name: 'row maxima' }], operations },
    state: [],
    steps: [[]],
  };
}

const own = (shape: readonly number[]) => shape.map((_, k) => axis(k));

/** Three states: one updated in place, and two that change places, so that neither may be overwritten early. */
function stateCase(): Case {
  const shape = [130];
  const map = (label: string, from: number, out: number, body: readonly Instruction[]): Operation => ({
    label,
    out,
    shape,
    reduce: 'none',
    extents: [],
    reads: [read(from, shape, own(shape))],
    body: [{ op: 'read', read: 0 }, ...body],
    results: [body.length],
  });
  const tensors = ['x', 'left', 'right', 'next x', 'next left', 'next right', 'norm'].map((name) => f32(name, ...(name === 'norm' ? [] : shape)));
  const half: Instruction = { op: 'const', dtype: 'f32', bits: 0x3f000000 };
  const operations: Operation[] = [
    map('decay', 0, 3, [half, { op: 'mul', args: [0, 1] }]),
    map('right becomes left', 2, 4, [{ op: 'neg', args: [0] }]),
    map('left becomes right', 1, 5, []),
    {
      label: 'norm',
      out: 6,
      shape: [],
      reduce: 'sum',
      extents: shape,
      reads: [read(3, shape, own(shape))],
      body: [
        { op: 'read', read: 0 },
        { op: 'mul', args: [0, 0] },
      ],
      results: [1],
    },
  ];
  const random = new RandomWords(5);
  const program: Program = {
    profile: 'f12',
    tensors,
    inputs: [],
    operations,
    outputs: [{ tensor: 6, name: 'norm' }],
    state: [0, 1, 2].map((tensor) => ({ tensor, next: tensor + 3, role: 'trained', fill: 0 })),
  };
  return { name: 'states in place and in turn', program, state: [0, 1, 2].map(() => random.floats(130, 0)), steps: [[], [], []] };
}

/** States whose next value is another state, round in a ring and in a chain; outputs that are a state and an input of the step. */
function namedStateCase(): Case {
  const shape = [70];
  const tensors = ['first', 'second', 'third', 'last', 'newest', 'fed'].map((name) => f32(name, ...shape));
  const operations: Operation[] = [
    {
      label: 'newest',
      out: 4,
      shape,
      reduce: 'none',
      extents: [],
      reads: [read(3, shape, own(shape)), read(5, shape, own(shape))],
      body: [
        { op: 'read', read: 0 },
        { op: 'read', read: 1 },
        { op: 'add', args: [0, 1] },
      ],
      results: [2],
    },
  ];
  const random = new RandomWords(6);
  const nexts = [1, 2, 0, 4];
  const program: Program = {
    profile: 'f12',
    tensors,
    operations,
    inputs: [{ tensor: 5, source: { kind: 'argument', name: 'fed' } }],
    state: nexts.map((next, tensor) => ({ tensor, next, role: 'trained', fill: 0 })),
    outputs: [0, 3, 4, 5].map((tensor) => ({ tensor, name: (tensors[tensor] as TensorSpec).name })),
  };
  return {
    name: 'states that take each other, outputs that are states',
    program,
    state: [0, 1, 2, 3].map(() => random.floats(70, 0)),
    steps: [0, 1, 2].map(() => [random.floats(70, 0)]),
  };
}

/** A state that is kept as another's past while it moves on in place. */
function pastCase(): Case {
  const shape = [40];
  const tensors = ['now', 'past', 'next'].map((name) => f32(name, ...shape));
  const half: Instruction = { op: 'const', dtype: 'f32', bits: 0x3f000000 };
  const program: Program = {
    profile: 'f12',
    tensors,
    inputs: [],
    operations: [
      {
        label: 'next',
        out: 2,
        shape,
        reduce: 'none',
        extents: [],
        reads: [read(0, shape, own(shape))],
        body: [{ op: 'read', read: 0 }, half, { op: 'mul', args: [0, 1] }],
        results: [2],
      },
    ],
    state: [
      { tensor: 0, next: 2, role: 'trained', fill: 0 },
      { tensor: 1, next: 0, role: 'trained', fill: 0 },
    ],
    outputs: [{ tensor: 2, name: 'next' }],
  };
  const random = new RandomWords(8);
  return { name: 'a state that is another state’s past', program, state: [0, 1].map(() => random.floats(40, 0)), steps: [[], [], []] };
}

/**
 * Maps that follow each other over as many elements: read at their own element, backward, through another view, by a
 * gather; over states that move in place while neighbours still want the old value.
 */
function followingCase(name: string, wrongIndex: boolean): Case {
  const shape = [6, 8];
  const flat = [48];
  const tensors = [
    f32('x', ...shape),
    f32('y', ...shape),
    { name: 'at', dtype: 'i32' as const, shape: flat },
    ...['twice', 'flat', 'next y', 'mirror', 'picked', 'next x'].map((text) => f32(text, ...(text === 'flat' ? flat : shape))),
  ];
  const two: Instruction = { op: 'const', dtype: 'f32', bits: 0x40000000 };
  const operation = (label: string, out: number, over: readonly number[], reads: readonly Read[], body: readonly Instruction[]): Operation => ({
    label,
    out,
    shape: over,
    reduce: 'none',
    extents: [],
    reads,
    body: [...reads.map((_, k): Instruction => ({ op: 'read', read: k })), ...body],
    results: [reads.length + body.length - 1],
  });
  const operations = [
    operation('twice', 3, shape, [read(0, shape, own(shape))], [two, { op: 'mul', args: [0, 1] }]),
    operation('flat', 4, flat, [read(3, flat, own(flat)), read(1, flat, [at([[0, -1]], 47)])], [{ op: 'add', args: [0, 1] }]),
    operation('next y', 5, shape, [read(4, shape, own(shape)), read(1, shape, own(shape))], [{ op: 'sub', args: [0, 1] }]),
    operation('mirror', 6, shape, [read(5, shape, [axis(0), at([[1, -1]], 7)]), read(0, shape, own(shape))], [{ op: 'add', args: [0, 1] }]),
    operation('picked', 7, shape, [read(2, shape, own(shape)), read(0, flat, [{ gather: 0 }])], [{ op: 'add', args: [1, 1] }]),
    operation(
      'next x',
      8,
      shape,
      [read(6, shape, own(shape)), read(7, shape, own(shape)), read(0, shape, own(shape))],
      [
        { op: 'add', args: [0, 1] },
        { op: 'min', args: [3, 2] },
      ],
    ),
  ];
  const random = new RandomWords(11);
  const program: Program = {
    profile: 'f12',
    tensors,
    operations,
    inputs: [{ tensor: 2, source: { kind: 'argument', name: 'at' } }],
    outputs: [{ tensor: 7, name: 'picked' }],
    state: [
      { tensor: 0, next: 8, role: 'trained', fill: 0 },
      { tensor: 1, next: 5, role: 'trained', fill: 0 },
    ],
  };
  const indices = (step: number) => Uint32Array.from({ length: 48 }, (_, k) => (wrongIndex && step === 1 && k === 40 ? 48 : (k * 5 + step) % 48));
  return { name, program, state: [random.floats(48, 0), random.floats(48, 0)], steps: [0, 1, 2].map((step) => [indices(step)]) };
}

/** P6, P7: which step, which operation. `index` and `factor` are each step's inputs. */
export function endingCase(name: string, steps: readonly { readonly index: number; readonly factor: number }[]): Case {
  const tensors: TensorSpec[] = [f32('weights', 4), { name: 'index', dtype: 'i32', shape: [1] }, f32('factor', 1), f32('picked', 1), f32('grown', 4), f32('loss', 1)];
  const operations: Operation[] = [
    {
      label: 'pick',
      out: 3,
      shape: [1],
      reduce: 'none',
      extents: [],
      reads: [read(1, [1], [axis(0)]), read(0, [4], [{ gather: 0 }])],
      body: [{ op: 'read', read: 1 }],
      results: [0],
    },
    {
      label: 'grow',
      out: 4,
      shape: [4],
      reduce: 'none',
      extents: [],
      reads: [read(0, [4], [axis(0)]), read(2, [1], [at([])])],
      body: [
        { op: 'read', read: 0 },
        { op: 'read', read: 1 },
        { op: 'mul', args: [0, 1] },
      ],
      results: [2],
    },
    {
      label: 'loss',
      out: 5,
      shape: [1],
      reduce: 'none',
      extents: [],
      reads: [read(3, [1], [axis(0)]), read(2, [1], [axis(0)])],
      body: [
        { op: 'read', read: 0 },
        { op: 'read', read: 1 },
        { op: 'mul', args: [0, 1] },
        { op: 'mul', args: [2, 1] },
      ],
      results: [3],
    },
  ];
  const program: Program = {
    profile: 'f12',
    tensors,
    operations,
    state: [{ tensor: 0, next: 4, role: 'trained', fill: 0 }],
    outputs: [{ tensor: 5, name: 'loss' }],
    inputs: [1, 2].map((tensor) => ({ tensor, source: { kind: 'argument', name: (tensors[tensor] as TensorSpec).name } })),
  };
  const bits = (value: number) => new Uint32Array(Float32Array.of(value).buffer);
  return { name, program, state: [new Uint32Array(Float32Array.of(1, 2, -3, 4).buffer)], steps: steps.map(({ index, factor }) => [Uint32Array.of(index), bits(factor)]) };
}

const endings = (): Case[] => [
  endingCase('goes on', [
    { index: 3, factor: 2 },
    { index: 0, factor: 0.5 },
  ]),
  endingCase('P7 an index out of range in step 1', [
    { index: 3, factor: 2 },
    { index: 4, factor: 2 },
    { index: 0, factor: 2 },
  ]),
  endingCase('P7 a negative index', [{ index: -1, factor: 2 }]),
  endingCase('P6 the next state diverges in step 2', [
    { index: 0, factor: 2 },
    { index: 0, factor: 2 ** 100 },
    { index: 0, factor: 2 ** 100 },
  ]),
  endingCase('P6 the loss alone diverges', [{ index: 3, factor: 2 ** 64 }]),
  endingCase('P7 before P6 where both happen in a step', [{ index: 9, factor: 2 ** 127 }]),
];

/** Columns that caches do not hold, which go down all rows a few at a time. */
export const bigColumnsCase = (): Case => caseOf('f12 product 19 x 1030 x 1024', matrixProduct(19, 1030, 1024, 'f12'));

export function kernelCases(profile: Profile): Case[] {
  const macs = [...matrixCases(profile), ...convolutionCases(profile)];
  return profile === 'f12'
    ? [
        ...macs,
        ...reductionCases(),
        bigGridCase(),
        bigColumnsCase(),
        stateCase(),
        namedStateCase(),
        pastCase(),
        followingCase('maps that follow each other', false),
        followingCase('P7 an index out of range among maps that follow each other', true),
        ...endings(),
      ]
    : macs;
}
