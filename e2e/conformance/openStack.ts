/** Opens a WebGPU stack of this machine as an Executor. Errors say what is missing and how to point at it. */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Executor } from '#engine/program/executor.ts';
import { launchChromium, launchFirefox } from '../browsers.ts';
import { servePage } from '../servePage.ts';
import { askFor, type Ask, remoteExecutor } from './remoteExecutor.ts';
import type { Answer, Question } from './wireForm.ts';

export const STACKS = ['chromium', 'firefox', 'dawn'] as const;
export type StackName = (typeof STACKS)[number];

export interface Stack {
  readonly name: StackName;
  readonly executor: Executor;
  /** Destroys the device; the next Program gets a new one. */
  loseDevice(): Promise<void>;
  /** WGSL that the present device was given. */
  shaders(): Promise<string[]>;
  close(): Promise<void>;
}

export async function openStack(name: StackName): Promise<Stack> {
  const { ask, close } = await (name === 'dawn' ? startDawn() : openPage(name));
  try {
    const device = await askFor<string>(ask, { method: 'open' });
    return {
      name,
      executor: remoteExecutor(ask, `${name}: ${device}`),
      loseDevice: () => askFor(ask, { method: 'lose' }),
      shaders: () => askFor(ask, { method: 'shaders' }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Line {
  readonly ask: Ask;
  close(): Promise<void>;
}

/** What Playwright's and Puppeteer's pages have in common. */
interface AnyPage {
  goto(url: string): Promise<unknown>;
  waitForFunction(condition: () => boolean): Promise<unknown>;
  evaluate(run: (question: Question) => Promise<Answer>, question: Question): Promise<Answer>;
}

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
    const ask: Ask = (question) => page.evaluate((given) => (window as unknown as { answer: Ask }).answer(given), question);
    return { ask, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const DRIVERS = ['/usr/lib/chromium/vk_swiftshader_icd.json'];

/** Dawn needs a Vulkan driver: TUTTI_DAWN_ICD, or the one that comes with Chromium. */
async function startDawn(): Promise<Line> {
  const named = process.env['TUTTI_DAWN_ICD'];
  const driver = (named ? [named] : DRIVERS).find((path) => existsSync(path));
  if (!driver) throw new Error(`not found: ${named ?? DRIVERS.join(', ')}. Install Chromium, or set TUTTI_DAWN_ICD to a Vulkan driver's description.`);
  const child = fork(join(import.meta.dirname, 'dawnProcess.ts'), {
    env: { ...process.env, VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] ?? tmpdir() },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  let asked = 0;
  const line = (number: number, send: () => void) =>
    new Promise<Answer>((resolve, reject) => {
      waiting.set(number, { resolve, reject });
      send();
    });
  child.on('message', ({ number, reply }: { number: number; reply: Answer }) => {
    waiting.get(number)?.resolve(reply);
    waiting.delete(number);
  });
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`Dawn's process ended (${signal ?? code})`));
    waiting.clear();
  });
  await line(0, () => {});
  return {
    ask: (question) => line(++asked, () => child.send({ number: asked, question })),
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.disconnect();
      await ended;
    },
  };
}
