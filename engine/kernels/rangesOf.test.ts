import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canon } from '#engine/numerics/canon.ts';
import { type Chunk, newChunk } from '#engine/numerics/chunk.ts';
import { expandBody } from '#engine/numerics/expandBody.ts';
import { primitives } from '#engine/numerics/instructions.ts';
import { BODY_OPS, type BodyOp, type DType, type Instruction } from '#engine/program/program.ts';
import { randomProgram } from '#engine/program/randomProgram.ts';
import { SIGNATURES, typeBody } from '#engine/program/typeBody.ts';
import { isBounded, type Range, rangesOf } from './rangesOf.ts';

const EDGES = [0, 1, 0x7fffffff, 0x80000000, 0x007fffff, 0x01000000, 0x3f800000, 0xbf800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x42b17218, 0xc2cff1b5];
const word = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...EDGES) },
  { weight: 2, arbitrary: fc.float({ noNaN: true }).map((value) => new Uint32Array(Float32Array.of(value).buffer)[0] as number) },
  fc.nat(0xffffffff),
);

/** The words of all lines. */
function evaluate(body: readonly Instruction[], reads: readonly number[]): Chunk[] {
  const lines: Chunk[] = [];
  for (const line of body) {
    const out = newChunk(1);
    if (line.op === 'const') out.u[0] = line.bits;
    else if (line.op === 'read') out.u[0] = reads[line.read] as number;
    else if ('args' in line) {
      const [a, b, c] = line.args.map((arg) => lines[arg] as Chunk);
      primitives[line.op]?.(out, a ?? out, b ?? out, c ?? out, 1);
    }
    lines.push(out);
  }
  return lines;
}

function expectInRanges(body: readonly Instruction[], types: readonly DType[], reads: readonly number[]): void {
  const values = evaluate(body, reads);
  const isNan = (at: number) => Number.isNaN(values[at]?.f[0]);
  for (const [at, { low, high, nan }] of rangesOf(body).entries()) {
    const type = types[at] as DType;
    const value = values[at]?.[({ f32: 'f', i32: 'i', u32: 'u' } as const)[type]][0] as number;
    const told = `${at}: ${JSON.stringify(body[at])} of ${reads.join(' ')}`;
    if (type === 'f32') expect(isNan(at), told).toBe([...nan].some(isNan));
    if (type === 'f32' && isNan(at)) continue;
    // A word that is counted from 0 may be told of as one below it, as both are the same to sums and shifts.
    const number = type === 'u32' && value > high ? value - 2 ** 32 : value;
    expect(number, told).toBeGreaterThanOrEqual(low);
    expect(number, told).toBeLessThanOrEqual(high);
  }
}

function expandOp(op: BodyOp) {
  const kinds = SIGNATURES[op].args.map((kind): DType => (kind === 'f32' || kind === 'u32' ? kind : 'i32'));
  const { body } = expandBody([...kinds.map((_, read) => ({ op: 'read' as const, read })), { op, args: kinds.map((_, k) => k) }], [kinds.length]);
  return { kinds, body, types: typeBody(body, kinds, 0) };
}

describe('ranges of lines', () => {
  test.each(BODY_OPS)('N2, N3 %s: every line lies in its range, and is NaN where its origins are', (op) => {
    const { kinds, body, types } = expandOp(op);
    fc.assert(
      fc.property(fc.tuple(...kinds.map((kind) => word.map((bits) => (kind === 'f32' ? canon(bits) : bits)))), (reads) => {
        expectInRanges(body, types, reads);
      }),
      { numRuns: 100 },
    );
  });

  test('P3 and so do the lines of random bodies', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(1936, 4763), fc.nat(5000)), fc.array(word, { minLength: 8, maxLength: 8 }), (seed, words) => {
        const { program } = randomProgram(seed);
        for (const { body: source, results, reads: from } of program.operations) {
          if (source.some(({ op }) => op === 'axis')) continue;
          const { body } = expandBody(source, results);
          const kinds = from.map(({ tensor }) => program.tensors[tensor]?.dtype ?? 'f32');
          expectInRanges(
            body,
            typeBody(body, kinds, 0),
            kinds.map((kind, k) => (kind === 'f32' ? canon(words[k % 8] as number) : (words[k % 8] as number))),
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  test('N3 after exp has clamped its argument, every operand of its sums and products is of known size', () => {
    const { body } = expandOp('exp');
    const ranges = rangesOf(body);
    const unbounded = body.flatMap((line, at) =>
      'args' in line && ['add', 'sub', 'mul'].includes(line.op) && !line.args.every((arg) => isBounded(ranges[arg] as Range)) ? [at] : [],
    );
    expect(unbounded).toEqual([]);
  });
});
