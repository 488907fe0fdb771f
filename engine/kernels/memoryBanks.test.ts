import { expect, test } from 'vitest';
import type { Profile } from '#engine/program/program.ts';
import { randomProgram } from '#engine/program/randomProgram.ts';
import { inBanks } from './memoryBanks.ts';
import { banksOf, planMemory } from './planMemory.ts';
import { kernelsOf } from './webgpuExecutor.ts';

const shader = (body: string) => `@group(0) @binding(0) var<storage, read_write> arena: array<u32>;
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
let o0 = env.at[0].x;
let o1 = env.at[0].y;
${body}}
`;

test.each<Profile>(['f12', 'e11'])('P5 every access of random Programs of profile %s goes to the bank of its buffer', (profile) => {
  let several = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const { program } = randomProgram(seed, 1, profile);
    for (const workgroupMemory of [false, true]) {
      const tuning = { leastInvocations: 256, mostCells: 32, workgroupMemory, mapsInFours: true };
      const whole = planMemory(program, tuning);
      const bank = Math.ceil(Math.max(...whole.sizes, whole.words / 5) / 64) * 64;
      const plan = planMemory(program, tuning, 'fast', bank);
      for (const [buffer, offset] of plan.offsets.entries()) {
        if (offset !== undefined) expect(Math.floor(offset / bank)).toBe(Math.floor((offset + (plan.sizes[buffer] as number) - 1) / bank));
      }
      for (const { code } of kernelsOf(plan)) {
        const declared = new Set([...code.matchAll(/read_write> (arena\d*):/g)].map(([, name]) => name));
        for (const [, name] of code.matchAll(/\b(arena\d*)\[/g)) expect(declared).toContain(name);
        if (declared.size > 1) several++;
      }
      expect(banksOf(plan)).toBeGreaterThan(1);
    }
  }
  expect(several).toBeGreaterThan(100);
});

test('an address is followed through names and blocks; what is loaded is no address', () => {
  const code = shader('var p = o0 + 4;\n{\nlet p = o1 + arena[o0];\narena[p] = arena[o0 + arena[p + 1]];\n}\np = p + 1;\narena[p] = 7u;\n');
  const main = inBanks(code, [0, 2]).split('fn main')[1];
  expect(main).toContain('let p = o1 + arena[o0];\narena2[p] = arena[o0 + arena2[p + 1]];\n');
  expect(main).toContain('arena[p] = 7u;');
  expect(inBanks(code, [0, 2])).toContain('@group(0) @binding(4) var<storage, read_write> arena2: array<u32>;');
});

test.each(['arena[select(o0, o1, true)] = 0u;', 'arena[id.x] = 0u;'])('an address of no one bank is an error: %s', (access) => {
  expect(() => inBanks(shader(`${access}\n`), [0, 1])).toThrow(/banks/);
});
