/** Opens a WebGPU stack of this machine as an Executor. Errors say what is missing and how to point at it. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import type { PipelineVerdict } from '#engine/kernels/checkProgram.ts';
import type { Tuning } from '#engine/kernels/tileMac.ts';
import type { Schedule } from '#engine/kernels/webgpuExecutor.ts';
import { encodeProgram } from '#engine/program/encodeProgram.ts';
import { type AnyPage, launchChromium, launchFirefox } from '../browsers.ts';
import { servePage } from '../servePage.ts';
import type { Case } from './compareCase.ts';
import { pageLine } from './pageLine.ts';
import { askFor, type RemoteExecutor, remoteExecutor } from './remoteExecutor.ts';
import { type Line, startProcess } from './startProcess.ts';
import { packBits, toBase64, type ToldHashing } from './wireForm.ts';

export const STACKS = ['chromium', 'firefox', 'deno', 'dawn'] as const;
export type StackName = (typeof STACKS)[number];

export interface Stack {
  readonly name: StackName;
  readonly executor: RemoteExecutor;
  /** The same, compiled otherwise. */
  scheduled(schedule: Schedule): RemoteExecutor;
  /** What its device measures as its tuning. */
  tune(): Promise<Tuning>;
  /** Destroys the device; the next Program gets a new one. */
  loseDevice(): Promise<void>;
  /** WGSL that the present device was given. */
  shaders(): Promise<string[]>;
  /** Who hashes there, and how fast both do. */
  hashing(): Promise<ToldHashing>;
  /** The self-test of a job: its first step, pipeline by pipeline. */
  check(one: Case): Promise<PipelineVerdict[]>;
  close(): Promise<void>;
}

/** Once it has broken down, each question in flight and each later one is an error that says how. */
export async function openStack(name: StackName): Promise<Stack> {
  const { ask, close } = await OPEN[name]();
  try {
    const device = await askFor<string>(ask, { method: 'open' });
    return {
      name,
      executor: remoteExecutor(ask, `${name}: ${device}`),
      scheduled: (schedule) => remoteExecutor(ask, `${name}: ${device}`, schedule),
      tune: () => askFor(ask, { method: 'tune' }),
      loseDevice: () => askFor(ask, { method: 'lose' }),
      shaders: () => askFor(ask, { method: 'shaders' }),
      hashing: () => askFor(ask, { method: 'hashing' }),
      check: ({ program, state, steps }) =>
        askFor(ask, { method: 'check', program: toBase64(encodeProgram(program)), state: state.map(packBits), steps: steps.slice(0, 1).map((inputs) => inputs.map(packBits)) }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const OPEN: Readonly<Record<StackName, () => Promise<Line>>> = {
  chromium: () => openPage('chromium'),
  firefox: () => openPage('firefox'),
  deno: startDeno,
  dawn: startDawn,
};

async function openPage(name: 'chromium' | 'firefox'): Promise<Line> {
  const site = await servePage(join(import.meta.dirname, 'page'));
  const browser = await (name === 'chromium' ? launchChromium() : launchFirefox()).catch(async (error: unknown) => {
    await site.close();
    throw error;
  });
  const close = async () => {
    await browser.close();
    await site.close();
  };
  try {
    const page = (await browser.newPage()) as unknown as AnyPage;
    await page.goto(site.url);
    await page.waitForFunction(() => 'answer' in window);
    return { ask: pageLine(name, page), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The first of the files that is there. Errors: with what would help. */
function findFile(paths: readonly string[], help: string): string {
  const found = paths.find((path) => existsSync(path));
  if (!found) throw new Error(`not found: ${paths.join(', ')}. ${help}`);
  return found;
}

/** Dawn needs a Vulkan driver: TUTTI_DAWN_ICD, or the one that comes with Chromium. */
async function startDawn(): Promise<Line> {
  const named = process.env['TUTTI_DAWN_ICD'];
  const driver = findFile([named ?? '/usr/lib/chromium/vk_swiftshader_icd.json'], "Install Chromium, or set TUTTI_DAWN_ICD to a Vulkan driver's description.");
  return startProcess('Dawn', join(import.meta.dirname, 'dawnProcess.ts'), { env: driverOf(driver) });
}

/** Deno (wgpu): DENO_BIN, or the one that npm brings; on Mesa's lavapipe where there is one. It gets one file, as it knows no room names. */
async function startDeno(): Promise<Line> {
  const deno = findFile([process.env['DENO_BIN'] ?? join(import.meta.dirname, '../../node_modules/@deno/linux-x64-glibc/deno')], 'Run npm install, or set DENO_BIN to a Deno.');
  const driver = process.env['TUTTI_DENO_ICD'] ?? ['/usr/share/vulkan/icd.d/lvp_icd.x86_64.json', '/usr/share/vulkan/icd.d/lvp_icd.json'].find((path) => existsSync(path));
  const folder = await mkdtemp(join(tmpdir(), 'tutti-deno-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const entry = join(import.meta.dirname, 'denoProcess.ts');
    await build({ configFile: false, logLevel: 'error', build: { ssr: entry, outDir: folder, emptyOutDir: true, target: 'es2023', minify: false }, ssr: { noExternal: true } });
    const line = await startProcess('Deno', join(folder, 'denoProcess.js'), {
      env: driver ? driverOf(driver) : {},
      execPath: deno,
      execArgv: ['run', '--quiet', '--unstable-webgpu', '--allow-all', '--no-config'],
    });
    return { ask: line.ask, close: () => line.close().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

const driverOf = (icd: string) => ({ VK_DRIVER_FILES: icd, VK_ICD_FILENAMES: icd });
