/** What a device is tuned with: a square product; one of few results over many terms, the gradient of a convolution's filter; and an update as optimizers do it. */
import type { Bits } from '#engine/program/executor.ts';
import type { Affine, Instruction, Operation, Program, Read } from '#engine/program/program.ts';
import { RandomWords } from '#engine/program/randomWords.ts';

export interface TuningProduct {
  readonly name: string;
  /** Its operands and its result are state, so that nothing but the product is done in a step. */
  readonly program: Program;
  readonly state: readonly Bits[];
}

const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);
const at = (terms: readonly (readonly [number, number])[], offset = 0): Affine => ({ terms, offset, div: 1, exact: false });
const read = (tensor: number, view: readonly number[], index: readonly Affine[]): Read => ({ tensor, view, index, fill: 0 });

/** `scale` times the work that a software device does in some milliseconds. */
export function tuningProducts(scale: number): TuningProduct[] {
  const rows = 256 * scale;
  const images = 8 * scale;
  return [
    productOf('square', { shape: [rows, 256], extents: [256], reads: [read(0, [rows, 256], [at([[0, 1]]), at([[2, 1]])]), read(1, [256, 256], [at([[2, 1]]), at([[1, 1]])])] }),
    productOf('filter gradient', {
      shape: [3, 3, 4, 8],
      extents: [images, 32, 32],
      reads: [
        read(
          0,
          [images, 32, 32, 4],
          [
            at([[4, 1]]),
            at(
              [
                [5, 1],
                [0, 1],
              ],
              -1,
            ),
            at(
              [
                [6, 1],
                [1, 1],
              ],
              -1,
            ),
            at([[2, 1]]),
          ],
        ),
        read(1, [images, 32, 32, 8], [at([[4, 1]]), at([[5, 1]]), at([[6, 1]]), at([[3, 1]])]),
      ],
    }),
    updateOf(rows * 128),
  ];
}

const BOTH: readonly Instruction[] = [
  { op: 'read', read: 0 },
  { op: 'read', read: 1 },
];

function productOf(name: string, { shape, extents, reads }: Pick<Operation, 'shape' | 'extents' | 'reads'>): TuningProduct {
  return alone({ label: name, out: 3, shape, reduce: 'mac', extents, reads, body: BOTH, results: [0, 1] });
}

/** Of so many elements: a + b / (sqrt(b * b) + 1), finite whatever b is. */
function updateOf(count: number): TuningProduct {
  const body: readonly Instruction[] = [
    ...BOTH,
    { op: 'mul', args: [1, 1] },
    { op: 'sqrt', args: [2] },
    { op: 'const', dtype: 'f32', bits: 0x3f800000 },
    { op: 'add', args: [3, 4] },
    { op: 'div', args: [1, 5] },
    { op: 'add', args: [0, 6] },
  ];
  const reads = [0, 1].map((tensor) => read(tensor, [count], [at([[0, 1]])]));
  return alone({ label: 'update', out: 3, shape: [count], reduce: 'none', extents: [], reads, body, results: [7] });
}

/** The operation of tensors 0 and 1, whose result becomes the state of tensor 2. */
function alone(operation: Operation): TuningProduct {
  const { label, shape, reads } = operation;
  const shapes = [...reads.map(({ view }) => view), shape, shape];
  const program: Program = {
    profile: 'f12',
    tensors: shapes.map((tensorShape, k) => ({ name: `${k}`, dtype: 'f32', shape: tensorShape })),
    inputs: [],
    state: [0, 1, 2].map((tensor) => ({ tensor, next: tensor === 2 ? 3 : tensor, role: 'averaged' as const, fill: 0 })),
    outputs: [],
    operations: [operation],
  };
  const random = new RandomWords(0x7e57);
  const between = (count: number): Bits => new Uint32Array(Float32Array.from(random.integers(count), (word) => (word >>> 8) / 2 ** 23 - 1).buffer);
  return { name: label, program, state: shapes.slice(0, 3).map((tensorShape, k) => (k < 2 ? between(product(tensorShape)) : new Uint32Array(product(tensorShape)))) };
}
