/** Programs in which every permitted rewrite finds something to change: products with cancellation, and chains of plain lines. */
import type { Instruction, Profile, Program, Read } from '#engine/program/program.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import type { Case } from '../compareCase.ts';
import { kernelCases } from '../kernelCases.ts';
import { casesInFours } from '../tiledCases.ts';

const MAPS = 4096;

/** x * y + z, and what is near zero: where a fused product, a denormal or the sign of a zero shows. */
function chainCase(profile: Profile): Case {
  const random = new RandomWords(23);
  const along = { terms: [[0, 1] as const], offset: 0, div: 1, exact: false };
  const reads = [0, 1, 2].map((tensor): Read => ({ tensor, view: [MAPS], index: [along], fill: 0 }));
  const body: Instruction[] = [
    ...reads.map((_, read): Instruction => ({ op: 'read', read })),
    { op: 'mul', args: [0, 1] },
    { op: 'add', args: [3, 2] },
    // Tiny: a product of two numbers of about 2^-63, and what is left of it after a difference.
    { op: 'const', dtype: 'f32', bits: 0x20000000 },
    { op: 'mul', args: [4, 5] },
    { op: 'mul', args: [6, 5] },
    { op: 'sub', args: [7, 7] },
    { op: 'const', dtype: 'f32', bits: 0x3f800000 },
    { op: 'div', args: [9, 8] },
    { op: 'sqrt', args: [7] },
    { op: 'add', args: [10, 11] },
    { op: 'f2bits', args: [12] },
    { op: 'f2bits', args: [4] },
    { op: 'ixor', args: [13, 14] },
  ];
  const tensors = [...['x', 'y', 'z'].map((name) => ({ name, dtype: 'f32' as const, shape: [MAPS] })), { name: 'bits', dtype: 'u32' as const, shape: [MAPS] }];
  const program: Program = {
    profile,
    tensors,
    inputs: [0, 1, 2].map((tensor) => ({ tensor, source: { kind: 'argument', name: tensors[tensor]?.name ?? '' } })),
    state: [],
    outputs: [{ tensor: 3, name: 'bits' }],
    operations: [{ label: 'chain', out: 3, shape: [MAPS], reduce: 'none', extents: [], reads, body, results: [body.length - 1] }],
  };
  // Of ordinary size: wild bits would make nearly all results Inf.
  const ordinary = () => new Uint32Array(Float32Array.from(random.integers(MAPS), (word) => (word >>> 8) / 2 ** 23 - 1).buffer);
  return { name: `${profile} chain of lines`, program, state: [], steps: [[ordinary(), ordinary(), ordinary()]] };
}

const FEW = /product (33 x 200 x 17|of computed factors)/;
const CHOSEN = /product (33 x 200 x 17|of the ends of the range|of computed factors)|convolution, same, padded/;

const CHOSEN_IN_FOURS = /both transposed|4 channels/;

/** `few`: enough that every kind of rewrite finds a place. */
export function hostileCases(profile: Profile, few = false): Case[] {
  const inFours = few ? [] : casesInFours(profile).filter(({ name }) => CHOSEN_IN_FOURS.test(name));
  return [chainCase(profile), ...kernelCases(profile).filter(({ name }) => (few ? FEW : CHOSEN).test(name)), ...inFours];
}
