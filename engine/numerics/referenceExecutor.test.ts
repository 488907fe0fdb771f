import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DivergedError, IndexError, UnsupportedError } from '#engine/program/executor.ts';
import type { Affine, Operation, Profile, Program, Read, TensorSpec } from '#engine/program/program.ts';
import { randomProgram } from '#engine/program/randomProgram.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import { tensorRoot } from '#engine/program/tensorRoot.ts';
import { canon, round12 } from './canon.ts';
import { referenceExecutor } from './referenceExecutor.ts';

const words = (...values: number[]) => new Uint32Array(Float32Array.from(values).buffer);
const floats = (bits: Uint32Array) => [...new Float32Array(bits.slice().buffer)];
const axis = (k: number, coefficient = 1, offset = 0, div = 1, exact = false): Affine => ({ terms: [[k, coefficient]], offset, div, exact });
const read = (tensor: number, view: number[], index: Read['index'], fill = 0): Read => ({ tensor, view, index, fill });
const f32 = (name: string, ...shape: number[]): TensorSpec => ({ name, dtype: 'f32', shape });

/** One operation over inputs; its result is the last tensor and the only output. */
async function evaluate(
  inputs: TensorSpec[],
  values: Uint32Array[],
  operation: Partial<Operation> & Pick<Operation, 'shape' | 'reads'>,
  dtype: TensorSpec['dtype'] = 'f32',
  profile: Profile = 'f12',
): Promise<Uint32Array> {
  const body = operation.reads.map((_, k) => ({ op: 'read' as const, read: k }));
  const full: Operation = { label: 'the operation', out: inputs.length, reduce: 'none', extents: [], body, results: [body.length - 1], ...operation };
  // Bits as words, so that NaN can be looked at (P6).
  const bits: Operation = {
    label: 'its bits',
    out: inputs.length + 1,
    shape: operation.shape,
    reduce: 'none',
    extents: [],
    reads: [
      read(
        inputs.length,
        [...operation.shape],
        operation.shape.map((_, k) => axis(k)),
      ),
    ],
    body: [
      { op: 'read', read: 0 },
      { op: dtype === 'f32' ? 'f2bits' : 'i2u', args: [0] },
    ],
    results: [1],
  };
  const program: Program = {
    profile,
    tensors: [...inputs, { name: 'result', dtype, shape: operation.shape }, { name: 'its bits', dtype: 'u32', shape: operation.shape }],
    inputs: inputs.map((spec, tensor) => ({ tensor, source: { kind: 'argument', name: spec.name } })),
    state: [],
    outputs: [{ tensor: inputs.length + 1, name: 'its bits' }],
    operations: [full, bits],
  };
  const run = await referenceExecutor.prepare(program);
  const [[result] = []] = await run.run([values]);
  return result as Uint32Array;
}

describe('reads', () => {
  const x = [f32('x', 4)];
  const values = [words(1, 2, 3, 4)];
  const of = async (index: Affine, count: number) => floats(await evaluate(x, values, { shape: [count], reads: [read(0, [4], [index], 0x40e00000)] }));

  test('N1 inputs are canonical on entry', async () => {
    expect([...(await evaluate([f32('x', 3)], [Uint32Array.of(0x80000000, 0x00800000, 0xffc12345)], { shape: [2], reads: [read(0, [3], [axis(0)])] }))]).toEqual([0, 0]);
  });
  test('P1 backward, with the fill outside', async () => expect(await of(axis(0, -1, 4), 6)).toEqual([7, 4, 3, 2, 1, 7]));
  test('P1 floored division', async () => expect(await of(axis(0, 1, -1, 2), 6)).toEqual([7, 1, 1, 2, 2, 3]));
  test('P1 exact division', async () => expect(await of(axis(0, 1, -2, 2, true), 6)).toEqual([7, 7, 1, 7, 2, 7]));
  test('P1 a view is a reshape', async () => {
    expect(floats(await evaluate(x, values, { shape: [2, 2], reads: [read(0, [2, 2], [axis(1), axis(0)])] }))).toEqual([1, 3, 2, 4]);
  });
  test('P7 gathers, and refuses an index out of range', async () => {
    const specs: TensorSpec[] = [...x, { name: 'at', dtype: 'i32', shape: [2] }];
    const gathered = (at: number[]) => evaluate(specs, [...values, Uint32Array.from(at)], { shape: [2], reads: [read(1, [2], [axis(0)]), read(0, [4], [{ gather: 0 }])] });
    expect(floats(await gathered([3, 0]))).toEqual([4, 1]);
    await expect(gathered([4, 0])).rejects.toThrow(IndexError);
    await expect(gathered([0, 0xffffffff])).rejects.toThrow(IndexError);
  });
});

describe('reductions', () => {
  const many = new RandomWords(9).floats(5000, 0);
  /** N5 as it is written: recursive. */
  const sumOf = (terms: number[]): number => {
    const chain = (part: number[]) => part.slice(1).reduce((sum, term) => Math.fround(sum + term), part[0] ?? 0);
    if (terms.length <= 32) return chain(terms);
    return sumOf(Array.from({ length: Math.ceil(terms.length / 32) }, (_, k) => chain(terms.slice(32 * k, 32 * k + 32))));
  };
  test.each([1, 31, 32, 33, 64, 1023, 1024, 1025, 5000])('N5 sum of %i terms follows its tree', async (count) => {
    const bits = many.slice(0, count);
    const got = await evaluate([f32('x', count)], [bits], { shape: [], reduce: 'sum', extents: [count], reads: [read(0, [count], [axis(0)])] });
    expect(floats(got)).toEqual([sumOf(floats(bits))]);
  });
  const largest = (reduce: 'max' | 'argmax', ...terms: number[]) =>
    evaluate(
      [f32('x', terms.length)],
      [words(...terms)],
      { shape: [], reduce, extents: [terms.length], reads: [read(0, [terms.length], [axis(0)])] },
      reduce === 'max' ? 'f32' : 'i32',
    );
  test('N6 max and argmax take the first of equals', async () => {
    expect(floats(await largest('max', -3, 5, 5, 1))).toEqual([5]);
    expect([...(await largest('argmax', -3, 5, 5, 1))]).toEqual([1]);
    expect([...(await largest('argmax', 1, Number.NaN, 5))]).toEqual([1]);
  });
});

/** Terms with exact sums as fractions of 2^-400: the definition in whole numbers, apart from the code under test. */
const UNIT = 400n;
const exact = (x: number): bigint => {
  let scaled = x;
  let shift = 0n;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    shift++;
  }
  return BigInt(scaled) << (UNIT - shift);
};
/** Nearest double to a fraction, then f32: sums here are of under 53 bits, so the first is exact. */
const rounded = (value: bigint) => Math.fround(Number(value >> (UNIT - 200n)) / 2 ** 100 / 2 ** 100);

describe('N4 mac', () => {
  const matmul = (count: number, a: Uint32Array, b: Uint32Array, profile: Profile) =>
    evaluate(
      [f32('a', count), f32('b', count)],
      [a, b],
      { shape: [], reduce: 'mac', extents: [count], reads: [read(0, [count], [axis(0)]), read(1, [count], [axis(0)])], results: [0, 1] },
      'f32',
      profile,
    );
  /** The same factors, but through a body line, so that the general path runs. */
  const throughBody = (count: number, a: Uint32Array, b: Uint32Array, profile: Profile) =>
    evaluate(
      [f32('a', count), f32('b', count)],
      [a, b],
      {
        shape: [],
        reduce: 'mac',
        extents: [count],
        reads: [read(0, [count], [axis(0)]), read(1, [count], [axis(0)])],
        body: [
          { op: 'read', read: 0 },
          { op: 'read', read: 1 },
          { op: 'neg', args: [0] },
          { op: 'neg', args: [2] },
        ],
        results: [3, 1],
      },
      'f32',
      profile,
    );
  const toFloat = (bits: number) => floats(Uint32Array.of(bits))[0] as number;
  const f12 = (a: number[], b: number[]) => {
    let total = 0;
    for (let start = 0; start < a.length; start += 64) {
      let acc = 0;
      for (let r = start; r < Math.min(start + 64, a.length); r++) acc = rounded(exact(acc) + ((exact(a[r] as number) * exact(b[r] as number)) >> UNIT));
      total = start === 0 ? acc : Math.fround(total + acc);
    }
    return total;
  };
  test.each([1, 63, 64, 65, 200])('N4 f12 over %i terms', async (count) => {
    const random = new RandomWords(count);
    const [a, b] = [random.floats(count, 0), random.floats(count, 0)];
    const wanted = f12(
      [...a].map((bits) => toFloat(round12(bits))),
      [...b].map((bits) => toFloat(round12(bits))),
    );
    expect(floats(await matmul(count, a, b, 'f12'))).toEqual([wanted]);
    expect(floats(await throughBody(count, a, b, 'f12'))).toEqual([wanted]);
  });

  const blocked = (a: number[], b: number[], bits: number, block: number) => {
    const wholes = (part: number[]) => {
      const exponent = Math.max(...part.map((x) => (x === 0 ? -127 : Math.floor(Math.log2(Math.abs(x))))));
      return {
        exponent,
        values: part.map((x) => {
          const y = x * 2 ** (bits - 2 - exponent);
          const low = Math.floor(y);
          return y - low > 0.5 || (y - low === 0.5 && low % 2 !== 0) ? low + 1 : low;
        }),
      };
    };
    let total = 0;
    for (let start = 0; start < a.length; start += block) {
      const [p, q] = [wholes(a.slice(start, start + block)), wholes(b.slice(start, start + block))];
      const sum = p.values.reduce((whole, value, k) => whole + value * (q.values[k] as number), 0);
      const result = Math.fround(sum * 2 ** (p.exponent + q.exponent - 2 * (bits - 2)));
      total = start === 0 ? result : Math.fround(total + result);
    }
    return total;
  };
  test.each([
    ['e11', 11, 16, 1],
    ['e11', 11, 16, 16],
    ['e11', 11, 16, 77],
    ['e10', 10, 64, 64],
    ['e10', 10, 64, 200],
  ] as const)('N4e %s (%i bits, blocks of %i) over %i terms', async (profile, bits, block, count) => {
    const random = new RandomWords(count + bits);
    const [a, b] = [random.floats(count, 0), random.floats(count, 0)];
    const wanted = blocked(floats(a), floats(b), bits, block);
    expect(floats(await matmul(count, a, b, profile))).toEqual([wanted]);
    expect(floats(await throughBody(count, a, b, profile))).toEqual([wanted]);
  });

  test.each(['f12', 'e11', 'e10'] as const)('N4 %s: a non-finite operand gives NaN, even beside zero', async (profile) => {
    const infinite = words(0, Number.POSITIVE_INFINITY);
    expect([...(await matmul(2, infinite, words(1, 0), profile))]).toEqual([0x7fc00000]);
    expect([...(await throughBody(2, infinite, words(1, 0), profile))]).toEqual([0x7fc00000]);
  });
});

describe('steps', () => {
  /** w' = w * x; the output is w'. */
  const program: Program = {
    profile: 'f12',
    tensors: [f32('w', 1), f32('x', 1), f32('next w', 1)],
    inputs: [{ tensor: 1, source: { kind: 'argument', name: 'x' } }],
    state: [{ tensor: 0, next: 2, role: 'trained', fill: 0 }],
    outputs: [{ tensor: 2, name: 'w' }],
    operations: [
      {
        label: 'grow',
        out: 2,
        shape: [1],
        reduce: 'none',
        extents: [],
        reads: [read(0, [1], [axis(0)]), read(1, [1], [axis(0)])],
        body: [
          { op: 'read', read: 0 },
          { op: 'read', read: 1 },
          { op: 'mul', args: [0, 1] },
        ],
        results: [2],
      },
    ],
  };
  test('P1 state goes from step to step', async () => {
    const run = await referenceExecutor.prepare(program);
    await run.load([words(3)]);
    expect((await run.run([[words(2)], [words(5)]])).map(([w]) => floats(w as Uint32Array))).toEqual([[6], [30]]);
    expect((await run.state()).map(floats)).toEqual([[30]]);
  });
  test('P6 divergence names step and operation', async () => {
    const run = await referenceExecutor.prepare(program);
    await run.load([words(1)]);
    await expect(run.run([[words(1e30)], [words(1e30)]])).rejects.toThrow(new DivergedError(1, 'grow').message);
  });
  test('P1 the wrong number of elements is refused', async () => {
    const run = await referenceExecutor.prepare(program);
    await expect(run.load([words(1, 2)])).rejects.toThrow(/2 elements given, 1 needed/);
    await run.load([words(1)]);
    await expect(run.run([[words()]])).rejects.toThrow(/0 elements given, 1 needed/);
  });
});

test('P5 a Program that the machine has no memory for is refused with the number', async () => {
  const program: Program = { profile: 'f12', tensors: [{ name: 'huge', dtype: 'i32', shape: [2 ** 20, 2 ** 20] }], inputs: [], state: [], outputs: [], operations: [] };
  await expect(referenceExecutor.prepare(program)).rejects.toThrow(UnsupportedError);
  await expect(referenceExecutor.prepare(program)).rejects.toThrow('4194304 MiB');
});

test('H3 the roots of a state are those of its tensors as they are read back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const { program, state, steps } = randomProgram(seed, 2, 'f12');
      const run = await referenceExecutor.prepare(program);
      await run.load(state);
      expect(await run.roots()).toEqual((await run.state()).map(tensorRoot));
      await run.run(steps);
      expect(await run.roots()).toEqual((await run.state()).map(tensorRoot));
    }),
    { numRuns: 5 },
  );
});

/** A change of these is a change of the law. */
const GOLDEN: readonly (readonly [Profile, string])[] = [
  ['f12', 'a5129a7bb11be2de1536519e2455f50a2b3dc1eb488570df6f5afd31b12b1a30'],
  ['e11', '55926ed4f5a5f3ecd9f457936c30e9a9c726049e5eb1563e6ce79be44597f74a'],
  ['e10', 'c68d4d421a6fb98993afbf132181d5377379efab136c9684da5ee9451957fbd0'],
];

test.each(GOLDEN)(
  'N1-N6 %s: 40 random Programs give the golden bits, all canonical',
  async (profile, golden) => {
    const hash = sha256.create();
    for (let seed = 0; seed < 40; seed++) {
      const { program, state, steps } = randomProgram(seed, 2, profile);
      const run = await referenceExecutor.prepare(program);
      await run.load(state);
      for (const step of await run.run(steps)) {
        step.forEach((bits, k) => {
          hash.update(new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength));
          if (program.outputs[k]?.name.startsWith('bits of')) expect(bits.every((word) => canon(word) === word)).toBe(true);
        });
      }
      for (const bits of await run.state()) hash.update(new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength));
    }
    expect(Buffer.from(hash.digest()).toString('hex')).toBe(golden);
  },
  20_000,
);
