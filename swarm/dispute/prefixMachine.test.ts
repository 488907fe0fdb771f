import { describe, expect, test } from 'vitest';
import type { Profile, Program } from '#engine/program/program.ts';
import { randomProgram } from '#engine/program/randomProgram.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import { evaluatePoint } from './evaluatePoint.ts';
import { type Prefix, prefixLeaf, prefixMachine } from './prefixMachine.ts';
import { createStepTracer, readTypes, resultType } from './traceStep.ts';

const PROFILES: readonly Profile[] = ['f12', 'e11', 'e10'];
const product = (shape: readonly number[]) => shape.reduce((total, extent) => total * extent, 1);

/** Element `element` of an operation's output as the court would get it: point by point, prefix by prefix. */
function byTerms(program: Program, k: number, element: number, tensors: readonly Uint32Array[]): number {
  const operation = program.operations[k];
  if (!operation) throw new Error('no such operation');
  const dtypes = readTypes(program, k);
  const at = (term: number) => evaluatePoint(operation, dtypes, { element, term }, (read, place) => tensors[operation.reads[read]?.tensor ?? 0]?.[place] ?? 0).results;
  if (operation.reduce === 'none') return at(0)[0] ?? 0;
  const machine = prefixMachine({ reduce: operation.reduce, profile: program.profile, dtype: resultType(program, k), terms: product(operation.extents) });
  let prefix: Prefix = machine.start;
  for (let j = 0; j < machine.count; j++) {
    prefix = machine.step(prefix, j, at(machine.term(j)));
    // A prefix is words, and what is hashed is all that the next step may know.
    expect(prefixLeaf(prefix)).toHaveLength(32);
  }
  return machine.finish(prefix);
}

describe('a reduction taken one term at a time (SPEC D5)', () => {
  test.each(PROFILES)('random operations, profile %s: the same bits as the reference (D4, D5)', (profile) => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 8; seed++) {
      const { program, state, steps } = randomProgram(seed, 1, profile);
      const { tensors } = createStepTracer(program).trace(state, steps[0] ?? []);
      const random = new RandomWords(seed);
      program.operations.forEach((operation, k) => {
        const out = tensors[operation.out] ?? new Uint32Array(0);
        const element = random.below(out.length);
        expect(byTerms(program, k, element, tensors), `seed ${seed}, ${operation.label}, element ${element}`).toBe(out[element]);
        seen.add(operation.reduce);
      });
    }
    expect([...seen].sort()).toEqual(['argmax', 'mac', 'max', 'none', 'sum']);
  });

  test('an infinite operand makes a mac NaN for good, in every profile and block (N4, D5)', () => {
    for (const profile of PROFILES) {
      for (const bad of [0, 63, 64, 129]) {
        const machine = prefixMachine({ reduce: 'mac', profile, dtype: 'f32', terms: 130 });
        let prefix = machine.start;
        for (let j = 0; j < machine.count; j++) prefix = machine.step(prefix, j, [machine.term(j) === bad ? 0x7f800000 : 0x3f800000, 0x3f800000]);
        expect(machine.finish(prefix)).toBe(0x7fc00000);
      }
    }
  });

  test('every term of an e-block is taken twice, for the exponents and for the sum (D5)', () => {
    for (const [profile, block] of [
      ['e11', 16],
      ['e10', 64],
    ] as const) {
      const terms = 2 * block + 3;
      const machine = prefixMachine({ reduce: 'mac', profile, dtype: 'f32', terms });
      const order = Array.from({ length: machine.count }, (_, j) => machine.term(j));
      const rise = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => from + k);
      const ranges = [rise(0, block), rise(block, 2 * block), rise(2 * block, terms)];
      expect(order).toEqual(ranges.flatMap((range) => [...range, ...range]));
    }
  });
});
