import { describe, expect, test } from 'vitest';
import type { Ending, Told } from './failingCalls.ts';
import { toldBy } from './toldBy.ts';

describe('T7 a device that does not do its work never gives a result', () => {
  const { withoutBuffer, hashing, idle } = toldBy('failingCalls.ts') as Told;
  const at = (during: Ending['during']) => withoutBuffer.filter((ending) => ending.during === during);

  test('whichever buffer it has no memory for, that is what is said', () => {
    for (const { during, name, message } of withoutBuffer) {
      if (during === 'all') expect(name).toBe('same');
      else expect({ during, message }).toEqual({ during, message: expect.stringContaining('its memory is full (none left); close other pages') });
    }
    expect(hashing).toContain('its memory is full (none left)');
    for (const during of ['run', 'state', 'roots'] as const) expect(at(during).length, during).toBeGreaterThan(0);
  });

  test('P5 a Program that it has no memory for is refused with the number, and what was made is freed', () => {
    expect(at('prepare').length).toBe(3);
    for (const { name, message, left } of at('prepare')) {
      expect({ name, left }).toEqual({ name: 'UnsupportedError', left: 0 });
      expect(message).toMatch(/^this program needs \d+ MiB of GPU memory/);
    }
  });

  test.each([0, 1])('where it does nothing from step %i on, that is no verdict on the data', (step) => {
    expect(idle[step]).toEqual({
      during: 'run',
      name: 'Error',
      message: `the graphics processor did not do step ${step}: nothing was written where its result should be`,
      left: 0,
    });
  });
});
