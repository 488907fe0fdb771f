import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startState } from './globalState.ts';
import { decodeKeptRound, encodeKeptRound, shelfName } from './roundShelf.ts';
import { tinyGlobal, tinyProgram, tinySpec } from './tinyNet.fixture.ts';

const program = tinyProgram(0.001);
const kept = { roots: [1, 2, 3].map((n) => `0x${n.toString(16).padStart(64, '0')}` as const), state: startState(program, tinyGlobal(program)) };
const bytes = encodeKeptRound(kept);

test('T2: a kept round is read back as it was', () => {
  expect(decodeKeptRound(program, bytes)).toEqual(kept);
});

test('T2: a kept round with any byte changed, cut off or added is not used', () => {
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] as number) ^ flip;
      expect(decodeKeptRound(program, damaged)).toBeNull();
      expect(decodeKeptRound(program, bytes.subarray(0, at))).toBeNull();
    }),
    { numRuns: 200 },
  );
  expect(decodeKeptRound(program, Uint8Array.of(...bytes, 0))).toBeNull();
  expect(decodeKeptRound(tinyProgram(0.5), bytes)).toEqual(kept);
});

test('T2: jobs, rounds and slots that could differ in one bit of work have names of their own', () => {
  const names = [
    shelfName(tinySpec, 0, 0),
    shelfName(tinySpec, 1, 0),
    shelfName(tinySpec, 0, 1),
    shelfName({ ...tinySpec, seed: `0x${'77'.repeat(32)}` }, 0, 0),
    shelfName({ ...tinySpec, dataset: `0x${'78'.repeat(32)}` }, 0, 0),
  ];
  expect(new Set(names).size).toBe(names.length);
});
