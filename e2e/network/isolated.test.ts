import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTestPage } from './buildTestPage.ts';
import { openTab, type Tab } from './openTabs.ts';
import { type RelayProcess, startRelayProcess } from './relayProcess.ts';

const MEBIBYTE = 1024 * 1024;

/** As on a Wi-Fi that keeps its clients apart: no address of a peer ever works. */
function withoutCandidates(): void {
  RTCPeerConnection.prototype.addIceCandidate = async () => {};
  const create = RTCPeerConnection.prototype.createOffer as (this: RTCPeerConnection) => Promise<RTCSessionDescriptionInit>;
  RTCPeerConnection.prototype.createOffer = async function (this: RTCPeerConnection) {
    const offer = await create.call(this);
    return { ...offer, sdp: (offer.sdp ?? '').replaceAll(/a=candidate.*\r\n/g, '') };
  } as typeof RTCPeerConnection.prototype.createOffer;
}

describe('two tabs that cannot reach each other directly', { timeout: 90_000 }, () => {
  let page: Awaited<ReturnType<typeof buildTestPage>>;
  let dataDir: string;
  let relay: RelayProcess;
  let [a, b]: Tab[] = [];
  const tabs = () => {
    if (!a || !b) throw new Error('the tabs did not open');
    return { a, b };
  };

  beforeAll(async () => {
    page = await buildTestPage();
    dataDir = await mkdtemp(join(tmpdir(), 'tutti-relay-'));
    relay = await startRelayProcess({ dataDir, port: 0, webRoot: page.folder });
    const options = { url: relay.url.replace('127.0.0.1', 'localhost'), relays: [relay.multiaddr], namespace: 'apart', initScript: withoutCandidates };
    [a, b] = [await openTab(options), await openTab(options)];
  }, 90_000);
  afterAll(async () => {
    for (const tab of [a, b]) await tab?.close();
    await relay?.kill();
    await page?.discard();
    if (dataDir) await rm(dataDir, { recursive: true, force: true });
  });

  test('ask each other through the relay, and are shown as relayed', async () => {
    const { a, b } = tabs();
    await a.page.waitForFunction(() => net.peers().some(({ path }) => path === 'relay'), null, { timeout: 20_000 });
    await expect.poll(() => a.page.evaluate((id) => net.ask(id, 'echo', 'hello').catch(() => ''), b.id), { timeout: 30_000 }).toBe(`hello to ${a.id}`);
    expect(await a.page.evaluate((id) => net.peers().find((peer) => peer.id === id)?.path, b.id)).toBe('relayed');
  });

  test('hear each other by gossip through the relay', async () => {
    const { a, b } = tabs();
    await b.page.evaluate(() => net.subscribe('news'));
    await a.page.evaluate(() => net.subscribe('news'));
    await expect
      .poll(
        async () => {
          await a.page.evaluate(() => net.publish('news', 'through the relay'));
          return b.page.evaluate(() => net.heard().map(({ text }) => text));
        },
        { timeout: 20_000 },
      )
      .toContain('through the relay');
  });

  test('small blobs come through the circuit, large ones by the hub when pinned, and the refusal says what to do', async () => {
    const { a, b } = tabs();
    const small = await a.page.evaluate((length) => net.put(length, 1, false), 100_000);
    expect(await b.page.evaluate(([hash, from]) => net.get(hash, [from]), [small, a.id] as const)).toMatchObject({ hash: small });
    const large = await a.page.evaluate((length) => net.put(length, 2, false), 3 * MEBIBYTE);
    await expect(b.page.evaluate(([hash, from]) => net.get(hash, [from]), [large, a.id] as const)).rejects.toThrow('only reached through the relay, too narrow for 3145728 bytes');
    await a.page.evaluate((length) => net.put(length, 2, true), 3 * MEBIBYTE);
    expect(await b.page.evaluate(([hash, from]) => net.get(hash, [from]), [large, a.id] as const)).toMatchObject({ hash: large });
  });
});
