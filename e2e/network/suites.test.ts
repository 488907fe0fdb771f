import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lastingStoreCases, storeCases } from '#swarm/network/testing/blobStoreSuite.ts';
import { meshCases } from '#swarm/network/testing/meshSuite.ts';
import { type Chromium, launchChromium } from '../browsers.ts';
import { buildTestPage } from './buildTestPage.ts';
import { type RelayProcess, startRelayProcess } from './relayProcess.ts';

describe('the suites, in a real tab', { timeout: 60_000 }, () => {
  let built: Awaited<ReturnType<typeof buildTestPage>>;
  let dataDir: string;
  let relay: RelayProcess;
  let chromium: Chromium;
  let page: Page;

  beforeAll(async () => {
    built = await buildTestPage();
    dataDir = await mkdtemp(join(tmpdir(), 'tutti-relay-'));
    relay = await startRelayProcess({ dataDir, port: 0, webRoot: built.folder });
    chromium = await launchChromium({ webgpu: false });
    page = await openPage();
    await page.evaluate((address) => networkSuites.joinThree(address, 'suites'), relay.multiaddr);
  }, 90_000);
  afterAll(async () => {
    await chromium?.close();
    await relay?.kill();
    await built?.discard();
    if (dataDir) await rm(dataDir, { recursive: true, force: true });
  });
  const openPage = async () => {
    const opened = await chromium.newPage();
    await opened.goto(relay.url.replace('127.0.0.1', 'localhost'));
    await opened.waitForFunction(() => globalThis.networkSuites !== undefined);
    return opened;
  };

  test.each(meshCases)('over WebRTC: $name', async ({ name }) => {
    await page.evaluate((which) => networkSuites.runMeshCase(which), name);
  });

  test.each([...storeCases, ...lastingStoreCases])('in OPFS: $name', async ({ name }) => {
    await page.evaluate((which) => networkSuites.runStoreCase(which), name);
  });

  test('a full disk is told, what is in use stays usable in memory, and what was stored before is untouched', async () => {
    const full = await openPage();
    const session = await chromium.context.newCDPSession(full);
    const { usage } = await session.send('Storage.getUsageAndQuota', { origin: new URL(full.url()).origin });
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(full.url()).origin, quotaSize: usage + 5 * 1024 * 1024 });
    const result = await full.evaluate(() => networkSuites.fillDisk());
    expect(result.told).toHaveLength(3);
    expect(result.told[0]).toMatch(/^StoreFullError: no room to store 1048576 bytes \(this browser's storage for the site is full\): free some space/);
    expect(result.afterReload).toBeGreaterThan(0);
    expect(result.kept).toBe(result.afterReload + 3);
  });
});
