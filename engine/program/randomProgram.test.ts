import { describe, expect, test } from 'vitest';
import { decodeProgram } from './decodeProgram.ts';
import { encodeProgram } from './encodeProgram.ts';
import { BODY_OPS } from './program.ts';
import { randomProgram } from './randomProgram.ts';
import { validateProgram } from './validateProgram.ts';

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);

describe('random Programs', () => {
  test('P3 every one is valid', () => {
    for (const seed of SEEDS) validateProgram(randomProgram(seed).program);
  });

  test('P2 decoding gives the Program back', () => {
    for (const seed of SEEDS) {
      const { program } = randomProgram(seed);
      expect(decodeProgram(encodeProgram(program))).toEqual(program);
    }
  });

  test('as few as a conformance run takes reach every body line, reduction and index form', () => {
    const seen = new Set<string>();
    for (const seed of SEEDS.slice(1, 25)) {
      for (const operation of randomProgram(seed).program.operations) {
        seen.add(operation.reduce);
        for (const line of operation.body) seen.add(line.op);
        for (const index of operation.reads.flatMap((read) => read.index)) {
          if ('gather' in index) seen.add('gather');
          else seen.add(index.div === 1 ? 'affine' : index.exact ? 'exact division' : 'floored division');
        }
      }
    }
    const wanted = [...BODY_OPS, 'const', 'read', 'axis', 'none', 'sum', 'max', 'argmax', 'mac', 'gather', 'affine', 'exact division', 'floored division'];
    expect(wanted.filter((what) => !seen.has(what))).toEqual([]);
  });
});
