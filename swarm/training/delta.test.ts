import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DivergedError } from '#engine/program/executor.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { applyDelta, dequantise } from './applyDelta.ts';
import { checkDelta } from './checkDelta.ts';
import { initialGlobalState } from './globalState.ts';
import { makeDelta } from './makeDelta.ts';
import { deltaBytes, packDelta, unpackDelta, zeroDelta } from './packDelta.ts';
import { ProgramBuilder } from './programBuilder.ts';
import { quantiseProgram } from './quantiseDelta.ts';

/** A Program that only carries tensors of these sizes; the last one is averaged. */
function carrier(sizes: readonly number[]) {
  const builder = new ProgramBuilder();
  sizes.forEach((size, k) => {
    const tensor = builder.state(`t${k}`, [size]);
    builder.advance(tensor, tensor, k === sizes.length - 1 && k > 0 ? 'averaged' : 'trained');
  });
  return builder.build();
}

const canonical = (value: number) => (Math.abs(Math.fround(value)) < 2 ** -125 ? 0 : Math.fround(value));
const bitsOf = (values: ArrayLike<number>) => new Uint32Array(Float32Array.from(values, canonical).buffer);
const floats = (bits: Uint32Array) => new Float32Array(bits.buffer, bits.byteOffset, bits.length);

/** f32 values of all magnitudes, canonical, far enough from the end of f32 that sums stay finite. */
const value = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: -4, max: 4, noNaN: true }) },
  { weight: 2, arbitrary: fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.integer({ min: -130, max: 120 })).map(([m, e]) => m * 2 ** e) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 127, 127.00001, 63.5, -127, 2 ** -125, -(2 ** -125)) },
);
const sizes = fc.array(fc.integer({ min: 1, max: 140 }), { minLength: 1, maxLength: 2 });
const tensorsOf = (lengths: readonly number[]) => fc.tuple(...lengths.map((length) => fc.array(value, { minLength: length, maxLength: length }).map(bitsOf)));
const pair = sizes.chain((lengths) => fc.tuple(fc.constant(lengths), tensorsOf(lengths), tensorsOf(lengths)));

/** T4 in ordinary numbers: the smallest exponent by search. */
function slowExponent(peak: number): number {
  if (peak === 0) return -127;
  for (let e = -126; ; e++) if (peak <= 127 * 2 ** e) return e;
}

describe('T4 quantised deltas', () => {
  test('T4 exponents are the smallest, errors at most half a unit, bytes unpack to the same, and the CPU proposal is the Program’s', async () => {
    await fc.assert(
      fc.asyncProperty(pair, async ([lengths, start, end]) => {
        const program = carrier(lengths);
        const global = initialGlobalState(program, start);
        const delta = await makeDelta(referenceExecutor, program, global, 1, end);
        expect(delta.poison).toBeNull();
        const unpacked = unpackDelta(delta.bytes, lengths);
        expect(packDelta(unpacked)).toEqual(delta.bytes);
        unpacked.forEach((tensor, t) => {
          const from = floats(start[t] as Uint32Array);
          const to = floats(end[t] as Uint32Array);
          const exact = Array.from(from, (x, k) => canonical((to[k] as number) - x));
          const values = dequantise(tensor);
          for (let block = 0; block < tensor.exponents.length; block++) {
            const members = exact.slice(block * 64, block * 64 + 64);
            const exponent = slowExponent(Math.max(...members.map(Math.abs)));
            expect(tensor.exponents[block]).toBe(exponent);
            members.forEach((x, k) => expect(Math.abs(x - (values[block * 64 + k] as number))).toBeLessThanOrEqual(exponent === -127 ? 0 : 2 ** (exponent - 1)));
          }
        });
        const checked = checkDelta(program, global, { slot: 1, deltaHash: delta.deltaHash, proposalRoot: delta.proposalRoot }, delta.bytes);
        const run = await referenceExecutor.prepare(quantiseProgram(program));
        await run.load([]);
        const outputs = (await run.run([lengths.flatMap((_, t) => [start[t] as Uint32Array, end[t] as Uint32Array])]))[0] ?? [];
        expect(applyDelta(start, checked)).toEqual(lengths.map((_, t) => outputs[4 * t + 3]));
      }),
      { numRuns: 40 },
    );
  });

  test('T4 at most 1.1 bytes a parameter for layers of ordinary size', () => {
    const parameters = [784 * 128, 128, 128 * 10, 10];
    expect(deltaBytes(parameters) / parameters.reduce((a, b) => a + b)).toBeLessThan(1.02);
  });

  test('T4 a delta beyond f32 is a divergence, not a saturated number', async () => {
    const program = carrier([3]);
    const start = [bitsOf([-3e38, 0, 0])];
    const global = initialGlobalState(program, start);
    const run = await referenceExecutor.prepare(quantiseProgram(program));
    await run.load([]);
    await expect(run.run([[start[0] as Uint32Array, bitsOf([3e38, 0, 0])]])).rejects.toThrow(DivergedError);
    const delta = await makeDelta(referenceExecutor, program, global, 0, [bitsOf([3e38, 0, 0])]);
    expect(delta.poison).toMatch(/diverged/);
    expect(delta.bytes).toEqual(packDelta(zeroDelta([3])));
  });
});

describe('R3 foreign delta bytes', () => {
  const lengths = [70, 3];
  const good = () => {
    const quantised = [new Int32Array(70), new Int32Array(3)];
    (quantised[0] as Int32Array)[5] = 127;
    (quantised[0] as Int32Array)[69] = -64;
    return packDelta([
      { exponents: Int32Array.of(-10, 3), quantised: quantised[0] as Int32Array },
      { exponents: Int32Array.of(-127), quantised: quantised[1] as Int32Array },
    ]);
  };
  const changed = (at: number, byte: number) => {
    const bytes = good();
    bytes[at] = byte;
    return bytes;
  };

  test('R3 a good one is read', () => {
    expect(unpackDelta(good(), lengths)[0]?.exponents).toEqual(Int32Array.of(-10, 3));
  });

  test.each([
    ['too short', good().subarray(1), /75 bytes, the program needs 76/],
    ['too long', new Uint8Array(77), /77 bytes/],
    ['-128', changed(1, 0x80), /tensor 0, block 0: it holds -128/],
    ['a peak that a smaller exponent holds', changed(6, 63), /not the smallest/],
    ['an exponent beyond f32', changed(0, 255), /beyond f32/],
    ['an exponent whose peak is 2^128', changed(0, 249), /beyond f32/],
    ['a zero block with values', changed(75, 1), /tensor 1, block 0: its exponent says zero/],
    ['a zero block under another exponent', changed(72, 127), /tensor 1, block 0: its exponent is not the smallest/],
    ['one unit at the clamp', changed(72, 1).fill(1, 73, 74), /not the smallest/],
  ])('R3 %s is refused', (_what, bytes, reason) => {
    expect(() => unpackDelta(bytes, lengths)).toThrow(reason);
  });

  test('R3 random bytes are refused or read and written back the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
        let tensors: ReturnType<typeof unpackDelta>;
        try {
          tensors = unpackDelta(bytes, [3]);
        } catch (error) {
          expect((error as Error).name).toBe('ProtocolError');
          return;
        }
        expect(packDelta(tensors)).toEqual(bytes);
        expect(tensors.every((tensor) => dequantise(tensor).every(Number.isFinite))).toBe(true);
      }),
    );
  });

  test('R3 a delta that does not belong to the committed proposal, or to the hash, is refused', async () => {
    const program = carrier([70]);
    const global = initialGlobalState(program, [bitsOf(new Array(70).fill(1))]);
    const delta = await makeDelta(referenceExecutor, program, global, 0, [bitsOf(new Array(70).fill(1.5))]);
    const other = await makeDelta(referenceExecutor, program, global, 0, [bitsOf(new Array(70).fill(1.25))]);
    const claim = { slot: 0, deltaHash: delta.deltaHash, proposalRoot: delta.proposalRoot };
    expect(checkDelta(program, global, claim, delta.bytes)).toHaveLength(1);
    expect(() => checkDelta(program, global, claim, other.bytes)).toThrow(/committed hash/);
    expect(() => checkDelta(program, global, { ...claim, deltaHash: other.deltaHash }, other.bytes)).toThrow(/committed proposal root/);
    expect(() => checkDelta(program, global, { ...claim, slot: 1 }, delta.bytes)).toThrow(/committed proposal root/);
  });
});
