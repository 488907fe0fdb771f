import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Chromium, launchChromium } from '../browsers.ts';
import type { readPictures } from './page/main.ts';

const ORIGIN = 'http://localhost';
let folder = '';
let chromium: Chromium;
let page: Page;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-data-'));
  await build({
    configFile: false,
    logLevel: 'error',
    root: join(import.meta.dirname, 'page'),
    build: { outDir: folder, emptyOutDir: true, target: 'es2023', minify: false, chunkSizeWarningLimit: 10_000 },
  });
  chromium = await launchChromium({ webgpu: false });
  page = await chromium.newPage();
  await page.route(`${ORIGIN}/**`, (route) => route.fulfill({ path: join(folder, new URL(route.request().url()).pathname) }));
  await page.goto(`${ORIGIN}/index.html`);
  await page.waitForFunction(() => 'readPictures' in window);
}, 120_000);

afterAll(async () => {
  await chromium?.close();
  await rm(folder, { recursive: true, force: true });
});

const read = (...args: Parameters<typeof readPictures>) => page.evaluate((given) => (window as unknown as { readPictures: typeof readPictures }).readPictures(...given), args);

describe('H6 pictures in a real browser', () => {
  test('H6 a zip and a folder give the same rows: classes by folder, pixels resized', async () => {
    const size = { height: 4, width: 5, channels: 3 } as const;
    const zip = await read('zip', size, false);
    expect(zip.error).toBeNull();
    expect(zip.task).toEqual({ kind: 'images', ...size, classes: ['blue', 'red'] });
    expect([zip.train?.[1]?.data.length, zip.test?.[1]?.data.length]).toEqual([10, 2]);
    const colours = [
      [0, 30, 250],
      [200, 10, 20],
    ];
    zip.train?.[1]?.data.forEach((label, row) => {
      expect(zip.train?.[0]?.data.slice(row * 60, row * 60 + 60)).toEqual(new Array(20).fill(colours[label]).flat());
    });
    expect(await read('folder', size, false)).toEqual(zip);
  });

  test('H6 grey pictures have one channel', async () => {
    const grey = await read('zip', { height: 2, width: 2, channels: 1 }, false);
    expect(new Set(grey.train?.[0]?.data)).toEqual(new Set([46, 68]));
  });

  test('H6 a file that is no picture is named', async () => {
    const { error } = await read('zip', { height: 2, width: 2, channels: 1 }, true);
    expect(error).toMatch(/set\/red\/9\.png cannot be read as a picture/);
  });
});
