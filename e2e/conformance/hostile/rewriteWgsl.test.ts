import { describe, expect, test } from 'vitest';
import { isGuarded, type Variant } from '#engine/kernels/macFormat.ts';
import { planMemory } from '#engine/kernels/planMemory.ts';
import type { Tuning } from '#engine/kernels/tileMac.ts';
import { lintWgsl } from '#engine/kernels/testing/lintWgsl.ts';
import { kernelsOf } from '#engine/kernels/webgpuExecutor.ts';
import type { Profile } from '#engine/program/program.ts';
import type { Case } from '../compareCase.ts';
import { casesInFours, tiledCases } from '../tiledCases.ts';
import { hostileCases } from './hostileCases.ts';
import { CHANGES_ORDER, REWRITE_NAMES, REWRITES, withoutFences, withoutGuards } from './rewriteWgsl.ts';

const tuningOf = (workgroupMemory: boolean): Tuning => ({ leastInvocations: 256, mostCells: 32, workgroupMemory, mapsInFours: false });
const codesOf = (cases: readonly Case[], tuning: Tuning, variant: Variant) =>
  cases.flatMap(({ program }) => kernelsOf(planMemory(program, tuning, variant)).map(({ code }) => code));
const shadersOf = (profile: Profile, variant: Variant = 'fast') => [
  ...new Set([...codesOf([...hostileCases(profile), ...casesInFours(profile)], tuningOf(false), variant), ...codesOf(tiledCases(profile), tuningOf(true), variant)]),
];

// What the rewrites do to bits is shown on a device: npm run hostile.
describe.each<Profile>(['f12', 'e11', 'e10'])('the hostile compiler on shaders of %s', (profile) => {
  const shaders = shadersOf(profile);

  test.each(REWRITE_NAMES)('%s: finds places, and keeps every fence', (name) => {
    const rewritten = shaders.map(REWRITES[name]);
    // Only computed factors are multiplied by fma, and only in f12.
    if (name !== 'split fma' || profile === 'f12') expect(rewritten.reduce((sum, { sites }) => sum + sites, 0)).toBeGreaterThan(0);
    rewritten.forEach(({ code, sites }, k) => {
      expect(code.match(/\^ env\.zero/g)?.length).toBe(shaders[k]?.match(/\^ env\.zero/g)?.length);
      if (sites === 0) expect(code).toBe(shaders[k]);
    });
  });

  test.each([...CHANGES_ORDER])('%s: finds its places where operands go through workgroup memory, too', (name) => {
    const grouped = shaders.filter((code) => code.includes('workgroupBarrier'));
    expect(grouped.length).toBeGreaterThan(2);
    for (const code of grouped) expect(REWRITES[name](code).sites).toBeGreaterThan(0);
  });

  test.each(['flush denormal inputs', 'flush denormal inputs and outputs', 'change the sign of zero'] as const)('%s: leaves out no word that becomes a float', (name) => {
    for (const shader of shaders) {
      const casts = shader.match(/bitcast<f32>\(/g)?.length ?? 0;
      const { code } = REWRITES[name](shader);
      expect(code.match(/bitcast<f32>\((?!hostile_word\()/g), code).toBeNull();
      if (name === 'flush denormal inputs') expect(code.match(/bitcast<f32>\(hostile_word\(/g)?.length ?? 0).toBe(casts + (casts > 0 ? 1 : 0));
    }
    expect(shaders.some((code) => /bitcast<f32>\(w\w+\.[xyzw]\)/.test(code))).toBe(true);
  });

  test.each([...CHANGES_ORDER, 'fuse mul and add', 'flush denormal outputs', 'change the sign of zero', 'overflow to the largest finite number'] as const)(
    '%s: reaches the sums of the second look',
    (name) => {
      const looks = shaders.flatMap((code) => /var sum = 0\.0;[^]*?let result/.exec(code) ?? []);
      expect(looks.length > 0).toBe(profile !== 'f12');
      for (const look of looks) expect(REWRITES[name](look).sites, look).toBeGreaterThan(0);
    },
  );

  test('the lint sees where the order of a sum was changed', () => {
    for (const name of CHANGES_ORDER) {
      for (const { code, sites } of shaders.map(REWRITES[name])) if (sites > 0) expect(lintWgsl(code).length).toBeGreaterThan(0);
    }
  });

  test('an engine without fences is no engine to the lint', () => {
    for (const shader of shaders.filter((code) => code.includes('fn fence'))) {
      expect(lintWgsl(withoutFences(shader).code).map(({ rule }) => rule)).toContain('not as proven');
    }
  });
});

describe('the hostile compiler on guarded sums', () => {
  const shaders = shadersOf('f12', 'guarded').filter(isGuarded);

  test.each([...CHANGES_ORDER])('%s: finds no place', (name) => {
    for (const shader of shaders) expect(REWRITES[name](shader)).toEqual({ code: shader, sites: 0 });
  });

  test('one that looks through fences finds all places, which the lint sees', () => {
    for (const { code, sites } of shaders.map(withoutGuards)) {
      expect(sites).toBeGreaterThan(0);
      expect(lintWgsl(code).map(({ rule }) => rule)).toContain('unguarded sum');
    }
  });
});
