import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { neighbours } from './neighbours.ts';

const ids = (count: number, salt = '') => Array.from({ length: count }, (_, k) => `12D3KooW${salt}${(k * 7919).toString(36)}peer${k}`);

describe('neighbours', () => {
  test('both ends of every link choose it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 20 }), fc.integer({ min: 1, max: 6 }), (all, links) => {
        for (const one of all) {
          for (const other of neighbours(one, all, links)) expect(neighbours(other, all, links)).toContain(one);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('few peers are all linked; the order of the roster, repetitions and oneself in it make no difference', () => {
    const all = ids(7);
    const [self = ''] = all;
    expect(neighbours(self, all)).toEqual(all.slice(1).sort());
    expect(neighbours(self, [...all, ...all].reverse())).toEqual(neighbours(self, all.slice(1)));
    expect(neighbours(self, [])).toEqual([]);
  });

  test.each([32, 100])('of %i peers each has at least 6 links, about 9 on average, and all are reachable', (count) => {
    const all = ids(count, 'x');
    const links = new Map(all.map((id) => [id, neighbours(id, all)]));
    const degrees = [...links.values()].map((list) => list.length);
    expect(Math.min(...degrees)).toBeGreaterThanOrEqual(6);
    expect(degrees.reduce((sum, degree) => sum + degree, 0) / count).toBeLessThan(12);
    const reached = new Set(all.slice(0, 1));
    for (const id of reached) for (const other of links.get(id) ?? []) reached.add(other);
    expect(reached.size).toBe(count);
  });
});
