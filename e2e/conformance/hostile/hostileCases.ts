/** Programs in which every permitted rewrite finds something to change: products with cancellation, and chains of plain lines. */
import type { Tuning } from '#engine/kernels/tileMac.ts';
import { BLOCK_FORMATS } from '#engine/numerics/blockMac.ts';
import type { Instruction, Profile, Program, Read } from '#engine/program/program.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import type { Case } from '../compareCase.ts';
import { caseOf, kernelCases, matrixProduct } from '../kernelCases.ts';
import { casesInFours, tiledCases } from '../tiledCases.ts';

/** With the schedule that it is for; default: the device's own. */
export interface HostileCase extends Case {
  readonly tuning?: Tuning;
}

const MAPS = 4096;
/** Of lines that overflow: some in each, and no more than other cases have of words that differ. */
const FEW_MAPS = 512;

const along = { terms: [[0, 1] as const], offset: 0, div: 1, exact: false };

/** Lines over three tensors of so many elements, whose last one gives a word: so that Inf and NaN are values to agree on and end nothing. */
function linesCase(name: string, profile: Profile, maps: number, lines: readonly Instruction[], values: (tensor: number) => Uint32Array): Case {
  const reads = [0, 1, 2].map((tensor): Read => ({ tensor, view: [maps], index: [along], fill: 0 }));
  const body: Instruction[] = [...reads.map((_, read): Instruction => ({ op: 'read', read })), ...lines];
  const tensors = [...['x', 'y', 'z'].map((tensor) => ({ name: tensor, dtype: 'f32' as const, shape: [maps] })), { name: 'bits', dtype: 'u32' as const, shape: [maps] }];
  const program: Program = {
    profile,
    tensors,
    inputs: [0, 1, 2].map((tensor) => ({ tensor, source: { kind: 'argument', name: tensors[tensor]?.name ?? '' } })),
    state: [],
    outputs: [{ tensor: 3, name: 'bits' }],
    operations: [{ label: 'chain', out: 3, shape: [maps], reduce: 'none', extents: [], reads, body, results: [body.length - 1] }],
  };
  return { name: `${profile} ${name}`, program, state: [], steps: [[0, 1, 2].map(values)] };
}

/** x * y + z, and what is near zero: where a fused product, a denormal or the sign of a zero shows. */
function chainCase(profile: Profile): Case {
  const random = new RandomWords(23);
  const lines: Instruction[] = [
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
  // Of ordinary size: wild bits would make nearly all results Inf.
  const ordinary = () => new Uint32Array(Float32Array.from(random.integers(MAPS), (word) => (word >>> 8) / 2 ** 23 - 1).buffer);
  return linesCase('chain of lines', profile, MAPS, lines, ordinary);
}

/** Products and sums of finite numbers, of which about half are beyond the largest. */
function overflowCase(profile: Profile): Case {
  const random = new RandomWords(29);
  const lines: Instruction[] = [
    { op: 'mul', args: [0, 1] },
    { op: 'add', args: [0, 2] },
    { op: 'f2bits', args: [3] },
    { op: 'f2bits', args: [4] },
    { op: 'ixor', args: [5, 6] },
  ];
  const fieldOf = (tensor: number, k: number) => (tensor === 1 ? 120 + (k % 16) : 252 + (k % 3));
  const values = (tensor: number) => random.integers(FEW_MAPS).map((word, k) => ((word & 0x807fffff) | (fieldOf(tensor, k) << 23)) >>> 0);
  return linesCase('chain of lines that overflow', profile, FEW_MAPS, lines, values);
}

/** Blocks of one term each, a finite number; two of them are beyond the largest. */
function overflowingTotals(profile: Exclude<Profile, 'f12'>): Case {
  const [rows, terms, columns] = [4, 128, 4];
  const { block } = BLOCK_FORMATS[profile];
  return caseOf(`${profile} product whose totals overflow`, matrixProduct(rows, terms, columns, profile), ([a, b]) => {
    const large = (term: number) => (term % block === 0 ? 0x5f400000 : 0);
    a?.forEach((_, k) => (a[k] = large(k % terms)));
    b?.forEach((_, k) => (b[k] = large(Math.floor(k / columns))));
  });
}

const FEW = /product (33 x 200 x 17|of computed factors)/;
const CHOSEN = /product (33 x 200 x 17|of the ends of the range|of computed factors)|convolution, same, padded/;
const CHOSEN_IN_FOURS = /both transposed|4 channels/;
const FEW_IN_GROUPS = /batched/;
const CHOSEN_IN_GROUPS = /batched|wild rows/;
/** Small tiles: compiling is most of the time. */
const IN_GROUPS: Tuning = { leastInvocations: 256, mostCells: 8, workgroupMemory: true, mapsInFours: false };

/** `few`: enough that every kind of rewrite finds a place. */
export function hostileCases(profile: Profile, few = false): HostileCase[] {
  const inFours = few ? [] : casesInFours(profile).filter(({ name }) => CHOSEN_IN_FOURS.test(name));
  const inGroups = tiledCases(profile).filter(({ name }) => (few ? FEW_IN_GROUPS : CHOSEN_IN_GROUPS).test(name));
  return [
    chainCase(profile),
    overflowCase(profile),
    ...(profile === 'f12' ? [] : [overflowingTotals(profile)]),
    ...kernelCases(profile).filter(({ name }) => (few ? FEW : CHOSEN).test(name)),
    ...inFours,
    ...inGroups.map((one) => ({ ...one, name: `${one.name}, in groups`, tuning: IN_GROUPS })),
  ];
}
