import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTestPage } from './buildTestPage.ts';
import { directlyConnected, openTab, type Tab } from './openTabs.ts';
import { type RelayProcess, startRelayProcess } from './relayProcess.ts';

const NAMESPACE = 'tabs test';
const MEBIBYTE = 1024 * 1024;

describe('three tabs in three browser profiles, and a relay', { timeout: 90_000 }, () => {
  let page: Awaited<ReturnType<typeof buildTestPage>>;
  let dataDir: string;
  let relay: RelayProcess;
  let [a, b, liar]: Tab[] = [];
  const tabs = () => {
    if (!a || !b || !liar) throw new Error('the tabs did not open');
    return { a, b, liar };
  };

  beforeAll(async () => {
    page = await buildTestPage();
    dataDir = await mkdtemp(join(tmpdir(), 'tutti-relay-'));
    relay = await startRelayProcess({ dataDir, port: 0, webRoot: page.folder });
    const url = relay.url.replace('127.0.0.1', 'localhost');
    const options = { url, relays: [relay.multiaddr], namespace: NAMESPACE };
    [a, b, liar] = [await openTab(options), await openTab(options), await openTab({ ...options, liar: true })];
  }, 90_000);
  afterAll(async () => {
    for (const tab of [a, b, liar]) await tab?.close();
    await relay?.kill();
    await page?.discard();
    if (dataDir) await rm(dataDir, { recursive: true, force: true });
  });

  test('they connect directly: /webrtc in the address, and no longer through the circuit', async () => {
    const { a, b, liar } = tabs();
    await directlyConnected(a, [b, liar]);
    await directlyConnected(b, [a, liar]);
    const peers = await a.page.evaluate(() => net.peers());
    const view = peers.find(({ id }) => id === b.id);
    expect(view?.path).toBe('direct');
    expect(view?.address).toContain('/webrtc');
    expect(peers.filter(({ path }) => path === 'relay')).toHaveLength(1);
  });

  test('questions, answers and refusals', async () => {
    const { a, b } = tabs();
    expect(await a.page.evaluate((id) => net.ask(id, 'echo', 'hello'), b.id)).toBe(`hello to ${a.id}`);
    await expect(a.page.evaluate((id) => net.ask(id, 'echo', 'refuse me'), b.id)).rejects.toThrow('I refuse');
    await expect(a.page.evaluate((id) => net.askBytes(id, 'echo', 2 ** 20 + 1), b.id)).rejects.toThrow('at most 1048576');
  });

  test('gossip reaches the others', async () => {
    const { a, b, liar } = tabs();
    for (const tab of [a, b, liar]) await tab.page.evaluate(() => net.subscribe('news'));
    await expect
      .poll(
        async () => {
          await a.page.evaluate(() => net.publish('news', 'hello all'));
          const heard = await Promise.all([b, liar].map((tab) => tab.page.evaluate(() => net.heard())));
          return heard.every((list) => list.some(({ text }) => text === 'hello all'));
        },
        { timeout: 20_000 },
      )
      .toBe(true);
  });

  test('8 MiB arrive verified, over the direct connection', async () => {
    const { a, b } = tabs();
    const hash = await a.page.evaluate((length) => net.put(length, 1, false), 8 * MEBIBYTE);
    const before = await b.page.evaluate(() => net.traffic());
    const got = await b.page.evaluate(([hash, from]) => net.get(hash, [from]), [hash, a.id] as const);
    const after = await b.page.evaluate(() => net.traffic());
    expect(got).toMatchObject({ hash, length: 8 * MEBIBYTE });
    expect(got.progress.length).toBe(32);
    expect(after.received - before.received).toBeGreaterThan(8 * MEBIBYTE);
  });

  test('a peer with corrupted bytes is dropped and the next one asked', async () => {
    const { a, b, liar } = tabs();
    const hash = await liar.page.evaluate((length) => net.put(length, 2, false), MEBIBYTE);
    await expect(b.page.evaluate(([hash, from]) => net.get(hash, [from]), [hash, liar.id] as const)).rejects.toThrow(`peer ${liar.id}: its bytes are not those of the hash`);
    expect(await b.page.evaluate((hash) => net.has(hash), hash)).toBe(false);
    await a.page.evaluate((length) => net.put(length, 2, false), MEBIBYTE);
    const got = await b.page.evaluate(([hash, ...from]) => net.get(hash, from), [hash, liar.id, a.id] as const);
    expect(got.hash).toBe(hash);
  });

  test('what is pinned at the relay is there when its maker has left, also after the relay was killed', async () => {
    const { a, b } = tabs();
    const hash = await a.page.evaluate((length) => net.put(length, 3, true), MEBIBYTE);
    const port = Number(new URL(relay.url).port);
    await relay.kill();
    expect(await a.page.evaluate((id) => net.ask(id, 'echo', 'without a relay'), b.id)).toBe(`without a relay to ${a.id}`);
    const before = relay.multiaddr;
    relay = await startRelayProcess({ dataDir, port, webRoot: page.folder });
    expect(relay.multiaddr).toBe(before);
    const fromHub = await fetch(`${relay.url}/api/blob/${hash.slice(2)}`);
    expect((await fromHub.arrayBuffer()).byteLength).toBe(MEBIBYTE);
  });

  test('tabs redial a relay that is back, a newcomer meets them there, and direct links have lasted', async () => {
    const { a, b, liar } = tabs();
    for (const tab of [a, b]) await tab.page.waitForFunction(() => net.peers().some(({ path }) => path === 'relay'), null, { timeout: 20_000 });
    await expect.poll(async () => rosterIds(relay), { timeout: 20_000 }).toEqual([a.id, b.id, liar.id].sort());
    const newcomer = await openTab({ url: relay.url.replace('127.0.0.1', 'localhost'), relays: [relay.multiaddr], namespace: NAMESPACE });
    try {
      await directlyConnected(newcomer, [a, b]);
      await directlyConnected(a, [b]);
    } finally {
      await newcomer.close();
    }
  });

  test('tabs of another namespace are not met', async () => {
    const other = await openTab({ url: relay.url.replace('127.0.0.1', 'localhost'), relays: [relay.multiaddr], namespace: 'elsewhere' });
    try {
      await expect.poll(async () => rosterIds(relay, 'elsewhere'), { timeout: 20_000 }).toEqual([other.id]);
      expect(await other.page.evaluate(() => net.peers().filter(({ path }) => path !== 'relay'))).toEqual([]);
    } finally {
      await other.close();
    }
  });

  test('no page had an uncaught error', () => {
    const { a, b, liar } = tabs();
    expect([...a.errors, ...b.errors, ...liar.errors]).toEqual([]);
  });
});

async function rosterIds(relay: RelayProcess, namespace = NAMESPACE): Promise<readonly string[]> {
  const response = await fetch(`${relay.url}/api/roster?namespace=${encodeURIComponent(namespace)}`);
  const { peers } = (await response.json()) as { peers: { id: string }[] };
  return peers.map(({ id }) => id).sort();
}
