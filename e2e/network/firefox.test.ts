import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Chromium, type Firefox, launchChromium, launchFirefox } from '../browsers.ts';
import { buildTestPage } from './buildTestPage.ts';
import { type RelayProcess, startRelayProcess } from './relayProcess.ts';

const MEBIBYTE = 1024 * 1024;

describe('one Firefox and one Chromium', { timeout: 120_000 }, () => {
  let page: Awaited<ReturnType<typeof buildTestPage>>;
  let dataDir: string;
  let relay: RelayProcess;
  let chromium: Chromium;
  let firefox: Firefox;

  beforeAll(async () => {
    page = await buildTestPage();
    dataDir = await mkdtemp(join(tmpdir(), 'tutti-relay-'));
    relay = await startRelayProcess({ dataDir, port: 0, webRoot: page.folder });
    chromium = await launchChromium({ webgpu: false });
    firefox = await launchFirefox({ webgpu: false });
  }, 90_000);
  afterAll(async () => {
    await chromium?.close();
    await firefox?.close();
    await relay?.kill();
    await page?.discard();
    if (dataDir) await rm(dataDir, { recursive: true, force: true });
  });

  test.each(['firefox', 'chromium'] as const)('%s dials: direct both ways, questions and blobs both ways', async (dialler) => {
    const [lower, higher] = await seedsByPeerId();
    const [firefoxSeed, chromiumSeed] = dialler === 'firefox' ? [lower, higher] : [higher, lower];
    const url = relay.url.replace('127.0.0.1', 'localhost');
    const [fox, chrome] = [await firefox.newPage(), await chromium.newPage()];
    await Promise.all([fox.goto(url), chrome.goto(url)]);
    await Promise.all([fox.waitForFunction('globalThis.net !== undefined'), chrome.waitForFunction(() => globalThis.net !== undefined)]);
    const join = [[relay.multiaddr], `browsers ${dialler}`, false] as const;
    const foxId = await fox.evaluate((seed, [relays, namespace]) => net.join([...relays], namespace, false, seed), firefoxSeed, join);
    const chromeId = await chrome.evaluate(([seed, [relays, namespace]]) => net.join([...relays], namespace, false, seed), [chromiumSeed, join] as const);

    const view = (peers: { id: string; path: string; address: string }[], id: string) => peers.find((peer) => peer.id === id);
    await expect.poll(async () => view(await fox.evaluate(() => net.peers()), chromeId)?.path, { timeout: 60_000, interval: 200 }).toBe('direct');
    await expect.poll(async () => view(await chrome.evaluate(() => net.peers()), foxId)?.path, { timeout: 20_000, interval: 200 }).toBe('direct');
    expect(view(await chrome.evaluate(() => net.peers()), foxId)?.address).toContain('/webrtc');

    expect(await fox.evaluate((id) => net.ask(id, 'echo', 'fox'), chromeId)).toBe(`fox to ${foxId}`);
    expect(await chrome.evaluate((id) => net.ask(id, 'echo', 'chrome'), foxId)).toBe(`chrome to ${chromeId}`);
    const fromChrome = await chrome.evaluate((length) => net.put(length, 1, false), MEBIBYTE);
    expect(await fox.evaluate((hash, id) => net.get(hash, [id]), fromChrome, chromeId)).toMatchObject({ hash: fromChrome, length: MEBIBYTE });
    const fromFox = await fox.evaluate((length) => net.put(length, 2, false), MEBIBYTE);
    expect(await chrome.evaluate(([hash, id]) => net.get(hash, [id]), [fromFox, foxId] as const)).toMatchObject({ hash: fromFox, length: MEBIBYTE });
    await Promise.all([fox.close(), chrome.close()]);
  });
});

/** Two key seeds, that of the lower peer id first: the lower one dials. */
async function seedsByPeerId(): Promise<readonly [number, number]> {
  const ids = await Promise.all([1, 2].map(async (seed) => peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(seed))).toString()));
  return (ids[0] ?? '') < (ids[1] ?? '') ? [1, 2] : [2, 1];
}
