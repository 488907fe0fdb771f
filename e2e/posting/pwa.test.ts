/** Tutti as an installed app: the browser finds nothing that hinders installing, it opens offline, and a new version waits for a press. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildWeb, DIST, isBuilt } from '../../scripts/buildWeb.ts';
import { startTutti, type Tutti } from '../../scripts/startTutti.ts';
import { writeServiceWorker } from '../../scripts/writeServiceWorker.ts';
import { type Chromium, launchChromium } from '../browsers.ts';

let folder: string;
let webRoot: string;
let tutti: Tutti;
let chromium: Chromium;
let page: Page;
let devtools: CDPSession;

beforeAll(async () => {
  if (!(await isBuilt())) await buildWeb();
  folder = await mkdtemp(join(tmpdir(), 'tutti-pwa-'));
  webRoot = join(folder, 'dist');
  await cp(DIST, webRoot, { recursive: true, filter: (path) => !path.endsWith('.json') });
  tutti = await startTutti({ dataDir: join(folder, 'data'), port: 0, webRoot });
  chromium = await launchChromium({ webgpu: false });
  page = await chromium.newPage();
  devtools = await chromium.context.newCDPSession(page);
  await page.goto(tutti.url);
  await page.waitForFunction(() => 'tutti' in globalThis && navigator.serviceWorker.controller !== null, null, { timeout: 90_000 });
}, 120_000);

afterAll(async () => {
  await chromium?.close();
  await tutti?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** Of the page alone: the context's own call waits, without an end, for service workers that may just have been replaced. */
async function setOffline(offline: boolean): Promise<void> {
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
}

describe('installed', () => {
  test('nothing hinders installing', async () => {
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
    expect(installabilityErrors).toEqual([]);
    const { data } = await devtools.send('Page.getAppManifest');
    expect(JSON.parse(data ?? '{}')).toMatchObject({ name: 'Tutti', display: 'standalone' });
  });

  test('a new version is told of, waits for a press, and is there after it', async () => {
    const html = await readFile(join(webRoot, 'index.html'), 'utf8');
    await writeFile(join(webRoot, 'index.html'), html.replace('</head>', '<meta name="version" content="second" /></head>'));
    await writeServiceWorker(webRoot);
    const version = () => page.evaluate("document.querySelector('meta[name=version]')?.content ?? 'first'");
    await page.goto(`${tutti.url}/#/account`);
    await page.reload();
    await page.getByText('A new version is ready.').waitFor({ timeout: 90_000 });
    expect(await version()).toBe('first');
    await page.getByRole('button', { name: 'Reload' }).click();
    await expect.poll(version, { timeout: 90_000 }).toBe('second');
    await page.waitForFunction(() => 'tutti' in globalThis, null, { timeout: 90_000 });
    expect(await page.getByText('A new version is ready.').count()).toBe(0);
  });

  test('offline, and with the relay gone, it opens and says what stands; it comes back by itself', async () => {
    await setOffline(true);
    await page.reload();
    await page.getByRole('heading', { name: 'Not connected' }).waitFor({ timeout: 90_000 });
    await page.getByText(/This device is offline|does not answer/).waitFor();
    await page.getByRole('heading', { name: 'When this browser was last connected' }).waitFor();
    await setOffline(false);
    await page.waitForFunction(() => 'tutti' in globalThis, null, { timeout: 90_000 });
    await page.getByRole('heading', { name: 'Account', exact: true }).waitFor();
    await tutti.stop();
    await page.reload();
    await page.getByText('The relay that served this page does not answer.').waitFor({ timeout: 90_000 });
  });
});
