import { describe, expect, test } from 'vitest';
import type { Operation, Profile, Program } from '#engine/program/program.ts';
import { randomProgram } from '#engine/program/randomProgram.ts';
import { arithmeticProgram } from './arithmeticProgram.ts';
import { isGuarded, type Variant } from './macFormat.ts';
import { planMemory } from './planMemory.ts';
import type { Tuning } from './tileMac.ts';
import { type TuningProduct, tuningProducts } from './tuningProducts.ts';
import { type Finding, lintWgsl } from './testing/lintWgsl.ts';
import { kernelsOf } from './webgpuExecutor.ts';

const software: Tuning = { leastInvocations: 256, mostCells: 64, workgroupMemory: false, mapsInFours: false };
const shadersOf = (program: Program, tuning: Partial<Tuning> = {}, variant: Variant = 'fast') =>
  kernelsOf(planMemory(program, { ...software, ...tuning }, variant)).map(({ code }) => code);

const along = (axis: number) => ({ terms: [[axis, 1] as const], offset: 0, div: 1, exact: false });

function matrixProduct(profile: Profile): Program {
  const operation: Operation = {
    label: 'product',
    out: 2,
    shape: [32, 48],
    reduce: 'mac',
    extents: [200],
    reads: [
      { tensor: 0, view: [32, 200], index: [along(0), along(2)], fill: 0 },
      { tensor: 1, view: [200, 48], index: [along(2), along(1)], fill: 0 },
    ],
    body: [
      { op: 'read', read: 0 },
      { op: 'read', read: 1 },
    ],
    results: [0, 1],
  };
  const tensors = [
    [32, 200],
    [200, 48],
    [32, 48],
  ].map((shape, k) => ({ name: `t${k}`, dtype: 'f32' as const, shape }));
  return {
    profile,
    tensors,
    inputs: [0, 1].map((tensor) => ({ tensor, source: { kind: 'argument', name: `t${tensor}` } })),
    state: [],
    outputs: [{ tensor: 2, name: 'product' }],
    operations: [operation],
  };
}

describe('N2, N4 no float of an emitted shader escapes its fence', () => {
  test.each<Profile>(['f12', 'e11', 'e10'])('profile %s: products, and random Programs that reach every line, reduction and index', (profile) => {
    const update = tuningProducts(1).at(-1) as TuningProduct;
    const programs = [...Array.from({ length: 15 }, (_, k) => randomProgram(k + 1, 1, profile).program), matrixProduct(profile), arithmeticProgram().program, update.program];
    const shaders = new Set(
      programs.flatMap((program) => [
        ...shadersOf(program),
        ...shadersOf(program, { leastInvocations: 16_384 }),
        ...shadersOf(program, { workgroupMemory: true, mapsInFours: true }),
      ]),
    );
    expect(shaders.size).toBeGreaterThan(100);
    expect([...shaders].some((code) => code.includes('= Quad(r0_0'))).toBe(true);
    for (const shader of shaders) expect(lintWgsl(shader), shader).toEqual([]);
  });

  test('the guarded variant of f12, in which no sum is without its fences', () => {
    const programs = [...Array.from({ length: 15 }, (_, k) => randomProgram(k + 1, 1, 'f12').program), matrixProduct('f12')];
    const shaders = [...new Set(programs.flatMap((program) => [...shadersOf(program, {}, 'guarded'), ...shadersOf(program, { workgroupMemory: true }, 'guarded')]))];
    expect(shaders.filter(isGuarded).length).toBeGreaterThan(20);
    for (const shader of shaders) {
      expect(lintWgsl(shader), shader).toEqual([]);
      expect(shader).not.toMatch(/fma\(|lone_product\(|[sc]\w* = \w+ \+ x0_/);
    }
  });

  test.each<Profile>(['e11', 'e10'])('profile %s has nothing to guard', (profile) => {
    for (let seed = 1; seed <= 5; seed++) {
      const { program } = randomProgram(seed, 1, profile);
      expect(shadersOf(program, {}, 'guarded')).toEqual(shadersOf(program));
    }
  });
});

/** Shaders into which faults are planted: one with every body line, mantissas, and a mac of each kind. */
const lines = shadersOf(arithmeticProgram().program);
const mantissas = shadersOf(matrixProduct('e11')).find((code) => code.includes('fn near_whole'));
const [sound = '', blocks = ''] = (['f12', 'e11'] as const).map((profile) => shadersOf(matrixProduct(profile), { leastInvocations: 1 }).find((code) => /acc\w* [+]/.test(code)));

const guarded = shadersOf(matrixProduct('f12'), { leastInvocations: 1 }, 'guarded').find(isGuarded);

interface Fault {
  readonly fault: string;
  readonly rule: Finding['rule'];
  readonly from: string | RegExp;
  readonly to: string;
}

const FAULTS: readonly Fault[] = [
  { fault: 'add without a fence', rule: 'bits of a float', from: 'flush(fence(bitcast<f32>(a) + bitcast<f32>(b)))', to: 'flush(bitcast<u32>(bitcast<f32>(a) + bitcast<f32>(b)))' },
  { fault: 'mul without a fence', rule: 'bits of a float', from: 'flush(fence(bitcast<f32>(a) * bitcast<f32>(b)))', to: 'flush(bitcast<u32>(bitcast<f32>(a) * bitcast<f32>(b)))' },
  {
    fault: 'two operations under one fence',
    rule: 'two operations in a fence',
    from: 'fence(bitcast<f32>(a) * bitcast<f32>(b))',
    to: 'fence(bitcast<f32>(a) * bitcast<f32>(b) + bitcast<f32>(a))',
  },
  { fault: 'a result that is not flushed', rule: 'not flushed', from: 'flush(fence(bitcast<f32>(a) * bitcast<f32>(b)))', to: 'fence(bitcast<f32>(a) * bitcast<f32>(b))' },
  { fault: 'a fence with a zero that the compiler knows', rule: 'fence is not a fence', from: 'bitcast<u32>(x) ^ env.zero', to: 'bitcast<u32>(x) ^ 0u' },
  { fault: 'float division', rule: 'float division', from: 'flush(fence(bitcast<f32>(a) * bitcast<f32>(b)))', to: 'flush(fence(bitcast<f32>(a) / bitcast<f32>(b) + 0.0))' },
  { fault: 'a division beside the guess', rule: 'float division', from: '* inverse * select', to: '/ inverse * select' },
  { fault: 'another guess', rule: 'not as proven', from: 'return 1.0 / x;', to: 'return 1.0 / (x * x);' },
  { fault: 'the built-in square root', rule: 'unknown function', from: 'x * y * 8388608.0', to: 'sqrt(x) * 16777216.0' },
  { fault: 'a float comparison', rule: 'float comparison', from: 'key(a) < key(b)', to: 'bitcast<f32>(a) < bitcast<f32>(b)' },
  { fault: 'the built-in minimum of floats', rule: 'bits of a float', from: 'select(b, a, key(a) < key(b))', to: 'bitcast<u32>(min(bitcast<f32>(a), bitcast<f32>(b)))' },
  { fault: 'a hardware conversion to f32', rule: 'conversion', from: 'f_u2f(select(a, ~a + 1u, negative))', to: 'bitcast<u32>(f32(a))' },
];

const FAULTS_IN_MAC: readonly Fault[] = [
  { fault: 'block results added without a fence', rule: 'missing fence', from: /(total\w*) = add_finite\(\w+, flush\(fence\((acc\w*)\)\)\);/, to: '$2 = $2 + bitcast<f32>($1);' },
  { fault: 'a sum that is taken in pairs', rule: 'missing fence', from: /= (\w+) \+ (x\w+) \* (x\w+);/, to: '= $1 + ($2 * $3 + $2 * $3);' },
  { fault: 'a dot product', rule: 'unknown function', from: /= (\w+) \+ (x\w+) \* (x\w+);/, to: '= dot($2, $3);' },
];

const FAULTS_IN_GUARDED: readonly Fault[] = [
  { fault: 'a sum without its fence', rule: 'not as proven', from: 'bitcast<f32>(fence(sum + bitcast<f32>(fence(a * b))))', to: 'sum + bitcast<f32>(fence(a * b))' },
  { fault: 'a product without its fence', rule: 'not as proven', from: 'fence(sum + bitcast<f32>(fence(a * b)))', to: 'fence(sum + a * b)' },
  { fault: 'one term that is added as in the fast variant', rule: 'unguarded sum', from: /= guarded_sum\((\w+), (\w+), (\w+)\);/, to: '= $1 + $2 * $3;' },
  { fault: 'two terms in one', rule: 'missing fence', from: /= guarded_sum\((\w+), (\w+), (\w+)\);/, to: '= guarded_sum($1 + $2 * $3, $2, $3);' },
  { fault: 'a fence with a zero that the compiler knows', rule: 'fence is not a fence', from: 'bitcast<u32>(x) ^ env.zero', to: 'bitcast<u32>(x) ^ 0u' },
];

const inGroups = shadersOf(matrixProduct('f12'), { workgroupMemory: true }).find((code) => code.includes('workgroupBarrier'));
const FAULTS_IN_GROUPS: readonly Fault[] = [
  { fault: 'no barrier before loads', rule: 'missing barrier', from: 'workgroupBarrier();\nfor', to: 'for' },
  { fault: 'no barrier after loads', rule: 'missing barrier', from: '}\nworkgroupBarrier();\n}', to: '}\n}' },
  { fault: 'a sum that is taken in pairs', rule: 'missing fence', from: /= (\w+) \+ (x\w+) \* (x\w+);/, to: '= $1 + ($2 * $3 + $2 * $3);' },
];

function plant({ from, to }: Fault, shader: string | undefined): string {
  const changed = shader?.replace(from, to);
  if (changed === undefined || changed === shader) throw new Error(`the fault ${String(from)} found no place: the generator writes something else now`);
  return changed;
}

describe('the lint can fail', () => {
  test.each(FAULTS)('$fault', (fault) => {
    const shader = lines.find((code) => code.includes(fault.from as string));
    expect(lintWgsl(plant(fault, shader)).map(({ rule }) => rule)).toContain(fault.rule);
  });
  test.each(FAULTS_IN_MAC)('in a mac: $fault', (fault) => {
    expect(lintWgsl(plant(fault, sound)).map(({ rule }) => rule)).toContain(fault.rule);
  });
  test.each(FAULTS_IN_GUARDED)('in a guarded mac: $fault', (fault) => {
    expect(lintWgsl(plant(fault, guarded)).map(({ rule }) => rule)).toContain(fault.rule);
  });
  test.each(FAULTS_IN_GROUPS)('in a mac of workgroups: $fault', (fault) => {
    expect(lintWgsl(plant(fault, inGroups)).map(({ rule }) => rule)).toContain(fault.rule);
  });
  test('in a mac of blocks: a result scaled in floats', () => {
    const fault: Fault = { fault: '', rule: 'missing fence', from: /block_result\((sum),/, to: 'block_result($1 * 2.0,' };
    expect(lintWgsl(plant(fault, blocks)).map(({ rule }) => rule)).toContain(fault.rule);
  });
  test.each([
    {
      where: 'mantissas',
      shader: mantissas,
      from: 'fence(12582912.0 + bitcast<f32>(lifted) * bitcast<f32>(scale))',
      to: 'bitcast<u32>(12582912.0 + bitcast<f32>(lifted) * bitcast<f32>(scale))',
    },
    { where: 'block results', shader: blocks, from: 'return fence(bitcast<f32>(total) + whole', to: 'return fence(bitcast<f32>(total) - whole' },
  ])('in $where: a function that is not what was proven', ({ shader, from, to }) => {
    expect(lintWgsl(plant({ fault: '', rule: 'not as proven', from, to }, shader)).map(({ rule }) => rule)).toContain('not as proven');
  });
});
