import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { type AnyPage, launchChromium, launchFirefox } from '../browsers.ts';
import type { trainOnGpu } from './page/main.ts';
import { trainTiny } from './trainTiny.ts';

let folder = '';
let url = '';
const server = createServer(async (request, response) => {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const bytes = await readFile(join(folder, path)).catch(() => null);
  if (!bytes) return void response.writeHead(404).end();
  response.writeHead(200, { 'content-type': path.endsWith('.js') ? 'text/javascript' : 'text/html' }).end(bytes);
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-training-'));
  await build({ configFile: false, logLevel: 'error', root: join(import.meta.dirname, 'page'), build: { outDir: folder, emptyOutDir: true, target: 'es2023', minify: false } });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://localhost:${(server.address() as AddressInfo).port}/index.html`;
}, 120_000);

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const RATES = [2 ** -9, 4096];

async function expectSameBits(page: AnyPage): Promise<void> {
  await page.goto(url);
  await page.waitForFunction(() => 'trainOnGpu' in window);
  for (const rate of RATES) {
    const onGpu = await page.evaluate((given) => (window as unknown as { trainOnGpu: typeof trainOnGpu }).trainOnGpu(given), rate);
    expect(onGpu).toEqual(await trainTiny(referenceExecutor, rate));
  }
}

describe('T2, T4, T5, T7 whole rounds on real WebGPU', () => {
  test('T7 one of the two learning rates diverges', async () => {
    const [calm, wild] = await Promise.all(RATES.map((rate) => trainTiny(referenceExecutor, rate)));
    expect(calm?.poison.every((reason) => reason === null)).toBe(true);
    expect(wild?.poison.every((reason) => reason !== null)).toBe(true);
  });

  test('T2 Chromium: every checkpoint, delta, replay and global root equals the reference’s', async () => {
    const chromium = await launchChromium();
    try {
      await expectSameBits((await chromium.newPage()) as unknown as AnyPage);
    } finally {
      await chromium.close();
    }
  }, 180_000);

  test('T2 Firefox: every checkpoint, delta, replay and global root equals the reference’s', async () => {
    const firefox = await launchFirefox();
    try {
      await expectSameBits((await firefox.newPage()) as unknown as AnyPage);
    } finally {
      await firefox.close();
    }
  }, 180_000);
});
