import { describe, expect, test } from 'vitest';
import { decodeProgram } from '#engine/program/decodeProgram.ts';
import { encodeProgram } from '#engine/program/encodeProgram.ts';
import { hashProgram } from '#engine/program/hashProgram.ts';
import { validateProgram } from '#engine/program/validateProgram.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import { outerProgram } from './outerStep.ts';
import { ProgramBuilder } from './programBuilder.ts';
import { quantiseProgram } from './quantiseDelta.ts';
import { tinyProgram, tinySpec } from './tinyNet.fixture.ts';

const program = tinyProgram(0.5);

describe('P3 the protocol’s own Programs', () => {
  test.each([
    ['training step of the tests', program],
    ['quantising (T4, T6)', quantiseProgram(program)],
    ['outer step (T5)', outerProgram(program, tinySpec.outer)],
  ])('P3 %s is valid, and its bytes decode to it', (_name, made) => {
    expect(() => validateProgram(made)).not.toThrow();
    expect(decodeProgram(encodeProgram(made))).toEqual(made);
  });

  test('P3 names that repeat each other or are long do no harm', () => {
    const builder = new ProgramBuilder();
    for (const name of ['a', 'a/momentum', 'a/sum', `${'😀'.repeat(49)}aa`]) {
      const tensor = builder.state(name, [3]);
      builder.advance(tensor, tensor, 'trained');
    }
    expect(() => validateProgram(quantiseProgram(builder.build()))).not.toThrow();
    expect(() => validateProgram(outerProgram(builder.build(), tinySpec.outer))).not.toThrow();
  });

  test('T4, T5 are the same object each time, so that prepared runs are found again; settings make another', () => {
    expect(quantiseProgram(program)).toBe(quantiseProgram(program));
    expect(outerProgram(program, { ...tinySpec.outer })).toBe(outerProgram(program, tinySpec.outer));
    expect(outerProgram(program, { ...tinySpec.outer, clip: 11 })).not.toBe(outerProgram(program, tinySpec.outer));
    const other = tinyProgram(0.5);
    expect(quantiseProgram(other)).not.toBe(quantiseProgram(program));
    expect(quantiseProgram(other)).toEqual(quantiseProgram(program));
  });

  test('T4, T5 golden hashes: what everyone computes does not drift', () => {
    expect(toHash(hashProgram(quantiseProgram(program)))).toBe('0xa479f8f7594df2e9c0763ded68980d2d25c52fc0c2f1b51f0897e5bf70c651eb');
    expect(toHash(hashProgram(outerProgram(program, tinySpec.outer)))).toBe('0x33dae71c6c4a65bcd6e2bec5ce7d811523009734c564de67b5da2fe1f64cdfd7');
  });
});
