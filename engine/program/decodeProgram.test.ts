import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeProgram } from './decodeProgram.ts';
import { encodeProgram } from './encodeProgram.ts';
import { hashProgram } from './hashProgram.ts';
import { ProgramError } from './programError.ts';
import { randomProgram } from './randomProgram.ts';
import { validateProgram } from './validateProgram.ts';

/** True where the bytes are a valid Program; any other error than ProgramError is a fault. */
function accepts(bytes: Uint8Array): boolean {
  try {
    validateProgram(decodeProgram(bytes));
    return true;
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    return false;
  }
}

describe('P2 canonical bytes', () => {
  const bytes = encodeProgram(randomProgram(5).program);

  test('P2 any change of bytes is refused by name, or is another valid Program with its own bytes', () => {
    const change = fc.record({ at: fc.nat(bytes.length - 1), value: fc.integer({ min: 0, max: 255 }), width: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const mutated = bytes.slice();
        for (const { at, value, width } of changes) mutated.fill(value, at, at + width);
        if (accepts(mutated)) expect(encodeProgram(decodeProgram(mutated))).toEqual(mutated);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  test('P2 every shorter and longer text is refused', () => {
    for (let length = 0; length < bytes.length; length += 7) expect(accepts(bytes.slice(0, length))).toBe(false);
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(accepts(longer)).toBe(false);
  });

  test('P2 random bytes are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (random) => !accepts(random)),
      { numRuns: 500, seed: 2 },
    );
  });

  test('P2 the hash stands', () => {
    expect(Buffer.from(hashProgram(randomProgram(5).program)).toString('hex')).toMatchInlineSnapshot(`"88d2982b432f6c91314e0ecf8cf0448e523eeccb2f9033c791bf426a7432c6bc"`);
    expect(hashProgram(randomProgram(6).program)).not.toEqual(hashProgram(randomProgram(5).program));
  });
});
