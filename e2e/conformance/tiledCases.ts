/** Products and convolutions of sizes that every schedule of a mac takes, workgroup memory too, and that fit none: odd ends everywhere. */
import type { Profile } from '#engine/program/program.ts';
import type { Case } from './compareCase.ts';
import { at, axis, caseOf, f32, matrixProduct, read } from './kernelCases.ts';

/** Inf ends one row, NaN begins another, and -Inf is in the last column. */
function poisonedProduct([rows, terms, columns]: readonly [number, number, number], profile: Profile, infRow: number, nanRow: number): Case {
  return caseOf(`${profile} product ${rows} x ${terms} x ${columns} with Inf and NaN`, matrixProduct(rows, terms, columns, profile), ([a, b]) => {
    if (!a || !b) return;
    a[infRow * terms + terms - 1] = 0x7f800000;
    a[nanRow * terms] = 0x7fc00000;
    b[64 * columns + columns - 1] = 0xff800000;
  });
}

/** Some rows and columns are huge and some tiny, so that blocks give Inf, zeros and totals beyond every ordinary number; the others are as usual. */
function wildProduct([rows, terms, columns]: readonly [number, number, number], profile: Profile): Case {
  return caseOf(`${profile} product ${rows} x ${terms} x ${columns} with wild rows`, matrixProduct(rows, terms, columns, profile), ([a, b]) => {
    const scale = (words: Uint32Array | undefined, at: number, exponent: number) => {
      if (words) words[at] = ((words[at] as number) & 0x807fffff) | (exponent << 23);
    };
    for (let term = 0; term < terms; term++) {
      scale(a, 2 * terms + term, 250 - (term % 90));
      scale(a, (rows - 1) * terms + term, 20 - (term % 19));
      scale(b, term * columns + 1, 240 - (term % 70));
      scale(b, term * columns + columns - 1, 60 + (term % 70));
    }
  });
}

/** A product whose last element is beyond the largest number, while its operands are not: it ends the run. */
function overflowingProduct([rows, terms, columns]: readonly [number, number, number], profile: Profile): Case {
  const one = caseOf(`P6 ${profile} product ${rows} x ${terms} x ${columns} that overflows`, matrixProduct(rows, terms, columns, profile), ([a, b]) => {
    a?.fill(0x7e000000, (rows - 1) * terms);
    for (let term = 0; term < terms; term++) if (b) b[term * columns + columns - 1] = 0x7e000000;
  });
  return { ...one, program: { ...one.program, outputs: [{ tensor: one.program.operations[0]?.out ?? 0, name: 'product' }] } };
}

/** Of which a last piece is no multiple of four words from the first on, if pieces are not. */
function longRowCase(profile: Profile): Case {
  const rows = 16_429;
  const stretch = at([
    [0, 16],
    [1, 1],
  ]);
  return caseOf(`${profile} product of a row of 64 with ${rows} stretches of a long one`, {
    inputs: [f32('a', 64), f32('x', 16 * (rows + 3))],
    shape: [rows],
    reduce: 'mac',
    extents: [64],
    profile,
    reads: [read(0, [64], [axis(1)]), read(1, [16 * (rows + 3)], [stretch])],
  });
}

/** With mantissas from memory, whole and split, and without, where they would be used too little. */
export const overflowingCases = (profile: Profile): Case[] => [overflowingProduct([22, 132, 44], profile), overflowingProduct([2, 132, 3], profile)];

export function tiledCases(profile: Profile): Case[] {
  const poisoned = poisonedProduct([50, 130, 45], profile, 3, 49);
  const long = caseOf(`${profile} product 24 x 900 x 16`, matrixProduct(24, 900, 16, profile));
  const batched = caseOf(`${profile} batched product 22 x 70 x 14, second transposed`, {
    inputs: [f32('a', 3, 22, 70), f32('b', 3, 14, 70)],
    shape: [3, 22, 14],
    reduce: 'mac',
    extents: [70],
    profile,
    reads: [read(0, [3, 22, 70], [axis(0), axis(1), axis(3)]), read(1, [3, 14, 70], [axis(0), axis(2), axis(3)])],
  });
  const convolution = (channels: number, change?: (values: Uint32Array[]) => void) =>
    caseOf(
      `${profile} convolution 6 x 23, padded, ${channels} channels to 13`,
      {
        inputs: [f32('image', 2, 6, 23, channels), f32('filter', 3, 3, channels, 13)],
        shape: [2, 6, 23, 13],
        reduce: 'mac',
        extents: [3, 3, channels],
        profile,
        reads: [read(0, [2, 6, 23, channels], [axis(0), sum(1, 4, -1), sum(2, 5, -1), axis(6)]), read(1, [3, 3, channels, 13], [axis(4), axis(5), axis(6), axis(3)])],
      },
      change,
    );
  /** Blocks are then stretches of the picture as it lies; a pixel of huge numbers, and one of tiny ones. */
  const wildPixels = convolution(64, ([image]) => {
    for (const [pixel, exponent] of [
      [7, 250],
      [150, 3],
    ] as const)
      for (let k = pixel * 64; k < pixel * 64 + 64; k++) if (image) image[k] = ((image[k] as number) & 0x807fffff) | (exponent << 23);
  });
  return [poisoned, ...(profile === 'f12' ? [] : [wildProduct([50, 130, 45], profile), wildPixels]), long, batched, convolution(3)];
}

/** Sizes whose words are read and written in fours: along terms, along rows or columns, or of one operand only; with ragged ends beside. */
export function casesInFours(profile: Profile): Case[] {
  const poisoned = poisonedProduct([22, 132, 44], profile, 21, 5);
  const product = (name: string, rows: number, terms: number, columns: number, transposed: readonly [boolean, boolean]) => {
    const [a, b] = [transposed[0] ? [terms, rows] : [rows, terms], transposed[1] ? [columns, terms] : [terms, columns]] as const;
    return caseOf(`${profile} product ${rows} x ${terms} x ${columns}, ${name}`, {
      inputs: [f32('a', ...a), f32('b', ...b)],
      shape: [rows, columns],
      reduce: 'mac',
      extents: [terms],
      profile,
      reads: [read(0, a, transposed[0] ? [axis(2), axis(0)] : [axis(0), axis(2)]), read(1, b, transposed[1] ? [axis(1), axis(2)] : [axis(2), axis(1)])],
    });
  };
  /** `flipped`: its filter is walked backwards, as in the gradient of an input. */
  const convolution = (channels: number, flipped = false) => {
    const tap = (k: number) => (flipped ? at([[k, -1]], 2) : axis(k));
    return caseOf(`${profile} convolution 5 x 12, ${channels} channels to 8${flipped ? ', flipped' : ''}`, {
      inputs: [f32('image', 2, 5, 12, channels), f32('filter', 3, 3, channels, 8)],
      shape: [2, 3, 10, 8],
      reduce: 'mac',
      extents: [3, 3, channels],
      profile,
      reads: [read(0, [2, 5, 12, channels], [axis(0), sum(1, 4), sum(2, 5), axis(6)]), read(1, [3, 3, channels, 8], [tap(4), tap(5), axis(6), axis(3)])],
    });
  };
  return [
    poisoned,
    ...(profile === 'f12' ? [] : [wildProduct([22, 132, 44], profile)]),
    product('first transposed', 20, 70, 12, [true, false]),
    product('second transposed', 9, 68, 24, [false, true]),
    product('both transposed', 16, 200, 36, [true, true]),
    product('of odd rows', 7, 65, 20, [false, false]),
    convolution(4),
    convolution(3),
    convolution(32, true),
    convolution(64),
  ];
}

/** Whose block results, or mantissas, would be larger than all else: they are computed in pieces. */
export function piecedCases(profile: Profile): Case[] {
  const sizes = [66, 1100, 60] as const;
  const ofFilter = caseOf(`${profile} gradient of a filter 3 x 3, padded, 7 channels to 16`, {
    inputs: [f32('image', 3, 24, 24, 7), f32('gradient', 3, 24, 24, 16)],
    shape: [3, 3, 7, 16],
    reduce: 'mac',
    extents: [3, 24, 24],
    profile,
    reads: [read(0, [3, 24, 24, 7], [axis(4), sum(5, 0, -1), sum(6, 1, -1), axis(2)]), read(1, [3, 24, 24, 16], [axis(4), axis(5), axis(6), axis(3)])],
  });
  return [
    poisonedProduct(sizes, profile, 3, 65),
    ...(profile === 'f12' ? [] : [wildProduct(sizes, profile)]),
    ...(profile === 'e11' ? [longRowCase(profile)] : []),
    overflowingProduct(sizes, profile),
    ofFilter,
  ];
}

/** Where an output and a tap of a filter meet; `offset`: of the first place, -1 where one is padded before it. */
const sum = (output: number, tap: number, offset = 0) =>
  at(
    [
      [output, 1],
      [tap, 1],
    ],
    offset,
  );
