/** A state of many tensors, of the sizes where leaves and levels (SPEC H2, H3) begin and end; a step doubles each number. */
import type { DType, Operation, Program, TensorSpec } from '#engine/program/program.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import type { Case } from './compareCase.ts';

const SIZES = [1, 255, 256, 257, 511, 512, 513, 1000, 65_536 + 3, ...Array.from({ length: 40 }, (_, k) => 1 + k * 37)];
const DTYPES: readonly DType[] = ['f32', 'i32', 'u32'];

export function hashCase(): Case {
  const states = SIZES.map((words, k): TensorSpec => ({ name: `state ${k}`, dtype: DTYPES[k % 3] as DType, shape: [words] }));
  const operations = states.map(
    ({ shape, dtype }, k): Operation => ({
      label: `double ${k}`,
      out: states.length + k,
      shape,
      reduce: 'none',
      extents: [],
      reads: [{ tensor: k, view: shape, index: [{ terms: [[0, 1]], offset: 0, div: 1, exact: false }], fill: 0 }],
      body: [
        { op: 'read', read: 0 },
        { op: dtype === 'f32' ? 'add' : 'iadd', args: [0, 0] },
      ],
      results: [1],
    }),
  );
  const program: Program = {
    profile: 'f12',
    tensors: [...states, ...states.map((spec, k) => ({ ...spec, name: `next ${k}` }))],
    inputs: [],
    state: states.map((_, k) => ({ tensor: k, next: states.length + k, role: 'trained', fill: 0 })),
    outputs: [],
    operations,
  };
  const random = new RandomWords(256);
  return {
    name: 'hashes',
    program,
    state: states.map(({ dtype, shape }) => (dtype === 'f32' ? random.floats(shape[0] as number, 0) : random.integers(shape[0] as number))),
    steps: [[], []],
  };
}
