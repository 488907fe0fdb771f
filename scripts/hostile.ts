/**
 * npm run hostile -- [--json out.json] [--only REGEXP] [--small]
 * A hostile compiler between the engine and a real WebGPU (Dawn in Node): each kind of rewrite that WGSL's text permits is
 * applied to every shader, and the bits are held against the law. Exit code 1 where a profile breaks its promise, or
 * where an engine without fences survives. `--small`: fewer Programs, f12 and e11 only, as `npm test` runs it.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { createWebgpuExecutor } from '#engine/kernels/webgpuExecutor.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import type { Profile } from '#engine/program/program.ts';
import { type Case, compareOutcomes, type Outcome, runCase } from '../e2e/conformance/compareCase.ts';
import { hostileCases } from '../e2e/conformance/hostile/hostileCases.ts';
import { CHANGES_ORDER, REWRITE_NAMES, REWRITES, type Rewritten, withoutFences } from '../e2e/conformance/hostile/rewriteWgsl.ts';

interface Attack {
  readonly name: string;
  readonly rewrite: (code: string) => Rewritten;
  /** Profiles whose bits it must not change; of the others it must change some. */
  readonly survivors: readonly Profile[];
}

interface Row {
  readonly attack: string;
  readonly profile: Profile;
  /** Shaders given to the device, and places in them that were rewritten. */
  readonly shaders: number;
  readonly sites: number;
  readonly words: number;
  readonly mismatches: number;
  readonly promised: 'survives' | 'breaks';
  readonly kept: boolean;
}

const PROFILES: readonly Profile[] = ['f12', 'e11', 'e10'];
const say = (text: string) => void process.stdout.write(`${text}\n`);

const ATTACKS: readonly Attack[] = [
  ...REWRITE_NAMES.map((name): Attack => ({ name, rewrite: REWRITES[name], survivors: CHANGES_ORDER.has(name) ? ['e11', 'e10'] : PROFILES })),
  { name: 'no fences, then fuse', rewrite: (code) => withoutFences(code, true), survivors: [] },
  {
    name: 'no fences, then flush and change the sign of zero',
    rewrite(code) {
      const flushed = REWRITES['change the sign of zero'](code);
      const plain = withoutFences(flushed.code, false);
      return {
        code: plain.code.replace(
          /fn fence\(x: f32\) -> u32 \{ return hostile_zero\(bitcast<u32>\(x\)\) \^ env.zero; \}/,
          'fn fence(x: f32) -> u32 { return hostile_zero(bitcast<u32>(x)); }',
        ),
        sites: flushed.sites + plain.sites,
      };
    },
    survivors: [],
  },
];

const DRIVERS = ['/usr/lib/chromium/vk_swiftshader_icd.json'];

/** Adapters of Dawn in this process. Errors: names what is missing. */
async function openDawn(): Promise<GPU> {
  const named = process.env['TUTTI_DAWN_ICD'];
  const driver = (named ? [named] : DRIVERS).find((path) => existsSync(path));
  if (!driver) throw new Error(`not found: ${named ?? DRIVERS.join(', ')}. Install Chromium, or set TUTTI_DAWN_ICD to a Vulkan driver's description.`);
  Object.assign(process.env, { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] ?? tmpdir() });
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([]);
  // The instance owns every device: it must outlive them.
  Object.assign(globalThis, { dawnInstance: gpu });
  return gpu;
}

async function attack(gpu: GPU, { name, rewrite, survivors }: Attack, profile: Profile, cases: readonly { readonly one: Case; readonly law: Outcome }[]): Promise<Row> {
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error('Dawn has no adapter');
  const device = await adapter.requestDevice();
  let shaders = 0;
  let sites = 0;
  const make = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) => {
    const changed = rewrite(descriptor.code);
    shaders++;
    sites += changed.sites;
    return make({ ...descriptor, code: changed.code });
  };
  const executor = createWebgpuExecutor({ device, deviceName: 'SwiftShader, hostile' });
  let mismatches = 0;
  let words = 0;
  for (const { one, law } of cases) {
    const found = await runCase(executor, one);
    mismatches += compareOutcomes(one.program, law, found).mismatches;
    words += [...law.outputs.flat(), ...law.state].reduce((sum, bits) => sum + bits.length, 0);
  }
  device.destroy();
  const promised = survivors.includes(profile) ? 'survives' : 'breaks';
  return { attack: name, profile, shaders, sites, words, mismatches, promised, kept: (mismatches === 0) === (promised === 'survives') };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'string' }, only: { type: 'string', default: '' }, small: { type: 'boolean', default: false } } });
  const only = new RegExp(values.only);
  const gpu = await openDawn();
  const rows: Row[] = [];
  say(['attack'.padEnd(52), 'profile', 'shaders', ' sites', '    words', 'differ', 'promised'].join('  '));
  for (const profile of values.small ? PROFILES.slice(0, 2) : PROFILES) {
    const cases = await Promise.all(hostileCases(profile, values.small).map(async (one) => ({ one, law: await runCase(referenceExecutor, one) })));
    for (const one of ATTACKS.filter(({ name }) => only.test(name))) {
      const row = await attack(gpu, one, profile, cases);
      rows.push(row);
      const cells = [
        row.attack.padEnd(52),
        profile.padEnd(7),
        `${row.shaders}`.padStart(7),
        `${row.sites}`.padStart(6),
        `${row.words}`.padStart(9),
        `${row.mismatches}`.padStart(6),
      ];
      say(`${cells.join('  ')}  ${row.promised}${row.kept ? '' : '  BROKEN PROMISE'}`);
    }
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rows }, null, 2)}\n`);
  // Dawn's threads would keep the process.
  process.exit(rows.every(({ kept }) => kept) ? 0 : 1);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
