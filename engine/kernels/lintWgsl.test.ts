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

function matrixProduct(profile: Profile, [rows, columns]: readonly [number, number] = [32, 48]): Program {
  const operation: Operation = {
    label: 'product',
    out: 2,
    shape: [rows, columns],
    reduce: 'mac',
    extents: [200],
    reads: [
      { tensor: 0, view: [rows, 200], index: [along(0), along(2)], fill: 0 },
      { tensor: 1, view: [200, columns], index: [along(2), along(1)], fill: 0 },
    ],
    body: [
      { op: 'read', read: 0 },
      { op: 'read', read: 1 },
    ],
    results: [0, 1],
  };
  const tensors = [
    [rows, 200],
    [200, columns],
    [rows, columns],
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
  { fault: 'a fence with a zero that the compiler knows', rule: 'not as proven', from: 'bitcast<u32>(x) ^ env.zero', to: 'bitcast<u32>(x) ^ 0u' },
  { fault: 'float division', rule: 'float division', from: 'flush(fence(bitcast<f32>(a) * bitcast<f32>(b)))', to: 'flush(fence(bitcast<f32>(a) / bitcast<f32>(b) + 0.0))' },
  { fault: 'a division beside the guess', rule: 'not as proven', from: '* inverse * select', to: '/ inverse * select' },
  { fault: 'another guess', rule: 'not as proven', from: 'return 1.0 / x;', to: 'return 1.0 / (x * x);' },
  { fault: 'the built-in square root', rule: 'not as proven', from: 'x * y * 8388608.0', to: 'sqrt(x) * 16777216.0' },
  { fault: 'a float comparison', rule: 'float comparison', from: 'key(a) < key(b)', to: 'bitcast<f32>(a) < bitcast<f32>(b)' },
  { fault: 'the built-in minimum of floats', rule: 'bits of a float', from: 'select(b, a, key(a) < key(b))', to: 'bitcast<u32>(min(bitcast<f32>(a), bitcast<f32>(b)))' },
  { fault: 'a hardware conversion to f32', rule: 'conversion', from: 'f_u2f(select(a, ~a + 1u, negative))', to: 'bitcast<u32>(f32(a))' },
];

const MUL = 'fn mul_finite(a: u32, b: u32) -> u32 { return flush(fence(bitcast<f32>(a) * bitcast<f32>(b))); }';
/** Another mul of finite numbers. */
const mulThat = (body: string) => `fn mul_finite(a: u32, b: u32) -> u32 { ${body} }`;
const QUOTIENT = 'return select(kept, sign | INF, exponent >= 255);';
const CONSTANT = 'const SIGN = 0x80000000u;';
const IN_ARRAY = 'var h: array<f32, 2>; h[0] = bitcast<f32>(a); h[1] = bitcast<f32>(b);';

/** Exempt functions and what all rules stand on, and floats where they would be out of sight. */
const FAULTS_OUT_OF_SIGHT: readonly Fault[] = [
  { fault: 'a quotient that is the guess', rule: 'not as proven', from: QUOTIENT, to: 'return bitcast<u32>(bitcast<f32>(a) * near_inverse(bitcast<f32>(b)));' },
  { fault: 'a quotient from floats without a fence', rule: 'not as proven', from: QUOTIENT, to: 'return bitcast<u32>(fma(bitcast<f32>(a), inverse, bitcast<f32>(b)) + inverse);' },
  { fault: 'a root that is the guess', rule: 'not as proven', from: 'return select(select(root', to: 'return bitcast<u32>(x * y); return select(select(root' },
  { fault: 'a flush that flushes nothing', rule: 'not as proven', from: 'return select(b, 0u, (b & 0x7f000000u) == 0u);', to: 'return b;' },
  { fault: 'a canon that keeps every NaN', rule: 'not as proven', from: 'return select(flush(b), NAN, is_nan(b));', to: 'return flush(b);' },
  { fault: 'a test for NaN that finds none', rule: 'not as proven', from: 'return bitcast<i32>(b & 0x7fffffffu) > 0x7f800000;', to: 'return false;' },
  { fault: 'another NaN', rule: 'not as proven', from: 'const NAN = 0x7fc00000u;', to: 'const NAN = 0x7fc00001u;' },
  { fault: 'a zero in private memory, which a compiler knows', rule: 'not as proven', from: 'var<uniform> env: Env;', to: 'var<private> env: Env;' },
  { fault: 'a banned builtin outside of functions', rule: 'unknown function', from: CONSTANT, to: `${CONSTANT}\nconst E = exp(1.0) / 3.0;` },
  { fault: 'a division outside of functions', rule: 'float division', from: CONSTANT, to: `${CONSTANT}\nconst THIRD = 1.0 / 3.0;` },
  { fault: 'a float outside of functions', rule: 'float in memory', from: CONSTANT, to: `${CONSTANT}\nconst HALF = 0.5;` },
  { fault: 'floats in the arena', rule: 'float in memory', from: 'arena: array<u32>', to: 'arena: array<f32>' },
  { fault: 'floats in workgroup memory', rule: 'float in memory', from: CONSTANT, to: `var<workgroup> h: array<f32, 8>;\n${CONSTANT}` },
  { fault: 'a float by another name', rule: 'float in memory', from: MUL, to: `alias Real = f32;\n${mulThat('let x: Real = bitcast<f32>(a); return bitcast<u32>(x);')}` },
  { fault: 'floats in an array', rule: 'float in memory', from: MUL, to: mulThat(`${IN_ARRAY} return flush(fence(h[0] * h[1]));`) },
  { fault: 'floats in an array, divided', rule: 'float division', from: MUL, to: mulThat(`${IN_ARRAY} return bitcast<u32>(h[0] * h[1] + h[0] / h[1]);`) },
  { fault: 'floats in an array, compared', rule: 'float comparison', from: MUL, to: mulThat(`${IN_ARRAY} return select(0u, 1u, h[0] < h[1]);`) },
  { fault: 'floats in an array, two operations', rule: 'missing fence', from: MUL, to: mulThat(`${IN_ARRAY} h[0] = h[0] * h[1]; return flush(fence(h[0] * h[1]));`) },
  { fault: 'a sum kept in an array', rule: 'missing fence', from: MUL, to: mulThat(`${IN_ARRAY} var s = 0.0; h[0] = s + h[0] * h[1]; return flush(fence(h[0] * h[1]));`) },
  { fault: 'members that nobody declared', rule: 'unknown name', from: MUL, to: mulThat('return bitcast<u32>(env.x * env.y + env.x);') },
  { fault: 'a float in a struct', rule: 'float in memory', from: 'struct Env { zero: u32,', to: 'struct Env { zero: u32, x: f32,' },
  {
    fault: 'members that are floats',
    rule: 'missing fence',
    from: /struct Env \{ zero: u32,([^]*)fn mul_finite[^\n]*/,
    to: `struct Env { zero: u32, x: f32, y: f32,$1${mulThat('return bitcast<u32>(env.x * env.y + env.x);')}`,
  },
  { fault: 'a vector of floats', rule: 'unknown function', from: MUL, to: mulThat('let v = bitcast<vec2<f32>>(vec2<u32>(a, b)); return flush(fence(v.x * v.y));') },
  { fault: 'parts of a vector of floats, two operations', rule: 'missing fence', from: MUL, to: mulThat('var v: vec4<f32>; return bitcast<u32>(v.x * v.y + v.xy.x);') },
  { fault: 'a vector of floats that is divided', rule: 'float division', from: MUL, to: mulThat('var v: vec4<f32>; v = v / v; return 0u;') },
  { fault: 'a float under the name of an integer inside', rule: 'bits of a float', from: MUL, to: mulThat('let x = bitcast<f32>(a); { let x = 0u; } return bitcast<u32>(x * x);') },
  {
    fault: 'a sum under the name of what began as bits, in a loop',
    rule: 'missing fence',
    from: MUL,
    to: mulThat(
      'var x = bitcast<f32>(a); var s = 0.0; var r = 0u; for (var k = 0; k < 2; k++) { r = flush(fence(x * x)); s = s + bitcast<f32>(a) * bitcast<f32>(b); x = s; } return r;',
    ),
  },
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
  { fault: 'a fence with a zero that the compiler knows', rule: 'not as proven', from: 'bitcast<u32>(x) ^ env.zero', to: 'bitcast<u32>(x) ^ 0u' },
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
  test.each(FAULTS_OUT_OF_SIGHT)('out of sight: $fault', (fault) => {
    const shader = lines.find((code) => (typeof fault.from === 'string' ? code.includes(fault.from) : fault.from.test(code)));
    expect(lintWgsl(plant(fault, shader)).map(({ rule }) => rule)).toContain(fault.rule);
  });
  test.each(['block_mantissa', 'block_result'])('%s is held to the letter', (name) => {
    // So few products that no mantissas are made for them.
    const shader = shadersOf(matrixProduct('e11', [2, 3])).find((code) => code.includes(`fn ${name}(`));
    const fault: Fault = { fault: '', rule: 'not as proven', from: new RegExp(`(fn ${name}[^{]*\\{)`), to: '$1 let idle = 0u;' };
    expect(lintWgsl(plant(fault, shader)).map(({ rule }) => rule)).toEqual(['not as proven']);
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
