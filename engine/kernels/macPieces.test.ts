import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Operation, Read } from '#engine/program/program.ts';
import { type LaidOperand, layOperands } from './layOperand.ts';
import { type MacPiece, macPieces } from './macPieces.ts';

const TERMS = 8;
const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);

/** Both operands have all axes of the result, and the terms. */
function wholeOf(shape: readonly number[]): MacPiece {
  const axes = [...shape, TERMS];
  const read = (tensor: number): Read => ({ tensor, view: axes, index: axes.map((_, axis) => ({ terms: [[axis, 1]], offset: 0, div: 1, exact: false })), fill: 0 });
  const operation: Operation = {
    label: 'product',
    out: 2,
    shape,
    extents: [TERMS],
    reduce: 'mac',
    reads: [read(0), read(1)],
    body: [
      { op: 'read', read: 0 },
      { op: 'read', read: 1 },
    ],
    results: [0, 1],
  };
  return { operation, operands: layOperands(operation) as readonly [LaidOperand, LaidOperand], operandsAt: [0, 0], outAt: 0 };
}

const wordsOf = ({ operation }: MacPiece) => product(operation.shape) * TERMS;
const scheduleOf = (piece: MacPiece) => ({ ...piece, scratchWords: wordsOf(piece) });

describe('P5 a mac in pieces', () => {
  test('pieces are the result, stretch by stretch, with the operands that belong to it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 4000 }), (shape, most) => {
        const pieces = macPieces(wholeOf(shape), scheduleOf, most, 16);
        expect(pieces.length).toBeLessThanOrEqual(16);
        let at = 0;
        for (const { operation, operandsAt, outAt } of pieces) {
          expect(outAt).toBe(at);
          // Where it is written in fours.
          expect(outAt % 4).toBe(0);
          // Both operands lie as the result does, with a row of terms for each of its elements.
          expect(operandsAt).toEqual([at * TERMS, at * TERMS]);
          at += product(operation.shape);
        }
        expect(at).toBe(product(shape));
      }),
    );
  });

  test('there are as few as need no more than is given', () => {
    const whole = wholeOf([1, 9, 6]);
    const sizes = (most: number) => macPieces(whole, scheduleOf, most, 16).map(wordsOf);
    expect(sizes(9 * 6 * TERMS)).toEqual([432]);
    expect(sizes(431)).toEqual([288, 144]);
    expect(sizes(150)).toEqual([96, 96, 96, 96, 48]);
    // A further axis, where the first is used up.
    expect(macPieces(wholeOf([2, 8]), scheduleOf, 4 * TERMS, 16).map(({ outAt }) => outAt)).toEqual([0, 4, 8, 12]);
    expect(macPieces(wholeOf([2, 8]), scheduleOf, 4 * TERMS, 2).map(({ outAt }) => outAt)).toEqual([0, 8]);
  });

  test('the whole is left where pieces need as much', () => {
    expect(macPieces(wholeOf([8, 8]), () => ({ scratchWords: 1000 }), 10, 16)).toHaveLength(1);
  });
});
