import { describe, expect, test } from 'vitest';
import { RegisterPool } from '#engine/numerics/registerPool.ts';
import { planOperation } from '#engine/numerics/runOperation.ts';
import type { Bits } from '#engine/program/executor.ts';
import type { Operation, Profile, Program } from '#engine/program/program.ts';
import { randomProgram } from '#engine/program/randomProgram.ts';
import { typeBody } from '#engine/program/typeBody.ts';
import { ProgramCheck } from './checkProgram.ts';

/** A device that is the reference, kernel by kernel; `change` may spoil what an operation gave. */
function checkWith(seed: number, profile: Profile, change: (operation: Operation, result: Bits) => void) {
  const { program, state, steps } = randomProgram(seed, 1, profile);
  const known = new Map<number, Bits>();
  program.state.forEach((slot, k) => known.set(slot.tensor, state[k] as Bits));
  program.inputs.forEach((input, k) => known.set(input.tensor, steps[0]?.[k] as Bits));
  const check = new ProgramCheck(program, known);
  const tensors = program.tensors.map(({ shape }, tensor) => known.get(tensor) ?? new Uint32Array(shape.reduce((all, extent) => all * extent, 1)));
  program.operations.forEach((operation, number) => {
    planOperation(operation, typeOf(program, operation), profile, new RegisterPool())(tensors);
    const result = tensors[operation.out] as Bits;
    change(operation, result);
    check.judge({ shader: `${number}`, guarded: false, operations: [number], results: new Map([[operation.out, result]]) });
  });
  return check.verdicts;
}

function typeOf(program: Program, { body, reads, results, shape, extents }: Operation) {
  const types = typeBody(
    body,
    reads.map((read) => program.tensors[read.tensor]?.dtype ?? 'f32'),
    shape.length + extents.length,
  );
  return types[results[0] as number] ?? 'f32';
}

describe.each<Profile>(['f12', 'e11'])('N2 to N6 the self-test of a Program of profile %s', (profile) => {
  test('single elements of every kind of operation are what whole operations give', () => {
    for (let seed = 1; seed <= 24; seed++) {
      const verdicts = checkWith(seed, profile, () => {});
      expect(verdicts.filter(({ different }) => different > 0)).toEqual([]);
      expect(verdicts.every(({ values }) => values > 0)).toBe(true);
    }
  });

  test('one wrong bit in an operation is found there, and not in what is made of it', () => {
    const { program } = randomProgram(5, 1, profile);
    const wrong = program.operations.find(({ reduce }) => reduce === 'mac') as Operation;
    const verdicts = checkWith(5, profile, (operation, result) => {
      if (operation.out === wrong.out) result[0] = ((result[0] as number) ^ 1) >>> 0;
    });
    expect(verdicts.filter(({ different }) => different > 0).map(({ label, first }) => ({ label, first }))).toEqual([
      { label: wrong.label, first: expect.stringContaining(`${wrong.label} [0]`) as string },
    ]);
  });
});
