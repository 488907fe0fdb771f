import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONTRACT_NAMES, type Deployment } from '#swarm/chain/deployment.ts';
import { createRelay, type Relay, type RelayConfig } from './createRelay.ts';

const ADDRESS = `0x${'11'.repeat(20)}` as const;
const DEPLOYMENT: Deployment = {
  chainId: 31415,
  block: 1,
  blockHash: `0x${'22'.repeat(32)}`,
  addresses: Object.fromEntries(CONTRACT_NAMES.map((name) => [name, ADDRESS])) as Deployment['addresses'],
  faucet: null,
  timing: { windowSeconds: 1, answerSeconds: 1, challengeSeconds: 1, withdrawSeconds: 1, payoutSeconds: 1 },
};
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let folder: string;
let relay: Relay;
let chain: Server;
const calls: string[] = [];
const errors: unknown[] = [];
const submitted: unknown[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-relay-'));
  const webRoot = join(folder, 'web');
  await mkdir(join(webRoot, 'assets'), { recursive: true });
  await writeFile(join(webRoot, 'index.html'), '<!doctype html><p>Tutti');
  await writeFile(join(webRoot, 'assets', 'main-Bx3fA9_k.js'), 'export {}');
  await writeFile(join(webRoot, 'sw.js'), '//');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  chain = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    const batch = JSON.parse(text) as { id: number; method: string }[];
    calls.push(...batch.map(({ method }) => method));
    response.end(JSON.stringify(batch.map(({ id, method }) => ({ jsonrpc: '2.0', id, result: `${method} done` })).reverse()));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => chain.once('listening', resolve));
  relay = await createRelay({
    dataDir: join(folder, 'data'),
    port: 0,
    host: '127.0.0.1',
    deployment: DEPLOYMENT,
    rpcUrl: `http://127.0.0.1:${(chain.address() as AddressInfo).port}`,
    webRoot,
    pinQuotaBytes: 5000,
    submitter: {
      submit: async (request) => {
        if (request === null) throw new Error('the signature is not of the sender');
        submitted.push(request);
        return { transaction: '0x12', gasUsed: 41_000n };
      },
    },
    onError: (error) => errors.push(error),
  });
});
afterAll(async () => {
  await relay?.stop();
  chain?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('configuration and identity', () => {
  test('the config names chain, contracts, relay address as the asker reached it, and the build', async () => {
    const config = (await (await fetch(`${relay.url}/api/config`)).json()) as RelayConfig;
    expect(config).toMatchObject({ version: 1, deployment: DEPLOYMENT, rpcPath: '/api/rpc', submits: true, relays: [relay.multiaddr] });
    expect(config.buildHash).toMatch(/^[0-9a-f]{64}$/);
    const byName = (await (await fetch(`${relay.url.replace('127.0.0.1', 'localhost')}/api/config`)).json()) as RelayConfig;
    expect(byName.relays[0]).toMatch(/^\/dns\/localhost\/tcp\/\d+\/ws\/p2p\/12D3KooW/);
  });

  test('the identity outlives a restart; a key file that is none is named', async () => {
    const dataDir = join(folder, 'second');
    const options = { dataDir, port: 0, host: '127.0.0.1', deployment: null, rpcUrl: 'http://127.0.0.1:1' };
    const first = await createRelay(options);
    await first.stop();
    const again = await createRelay(options);
    expect(again.peerId).toBe(first.peerId);
    await again.stop();
    await writeFile(join(dataDir, 'relay.key'), 'nonsense');
    await expect(createRelay(options)).rejects.toThrow(/relay\.key is not a relay key: restore it/);
  });

  test('a port that is taken is said plainly', async () => {
    const port = Number(new URL(relay.url).port);
    await expect(createRelay({ dataDir: join(folder, 'third'), port, host: '127.0.0.1', deployment: null, rpcUrl: 'http://127.0.0.1:1' })).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}`,
    );
  });

  test('nobody is in the roster before anybody came', async () => {
    expect(await (await fetch(`${relay.url}/api/roster?namespace=x`)).json()).toEqual({ namespace: 'x', peers: [] });
  });
});

describe('the web app', () => {
  test('the page is never cached and runs only its own scripts; a screen without a file is the page', async () => {
    for (const path of ['/', '/jobs/3']) {
      const response = await fetch(relay.url + path);
      expect(await response.text()).toContain('Tutti');
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-cache');
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';");
      expect(policy).not.toMatch(/unsafe-inline|unsafe-eval'.*unsafe-eval|\*;/);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test('hashed files are cached for good, others not', async () => {
    const hashed = await fetch(`${relay.url}/assets/main-Bx3fA9_k.js`);
    expect(hashed.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(hashed.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await fetch(`${relay.url}/sw.js`)).headers.get('cache-control')).toBe('no-cache');
    expect((await fetch(`${relay.url}/none.js`)).status).toBe(404);
  });

  test.each(['/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/assets/..%2f..%2f..%2fsecret.txt', '/%00', '/%zz', '//secret.txt', '/..\\secret.txt'])(
    '%s gives nothing from outside',
    async (path) => {
      expect(await rawGet(path)).not.toContain('\r\n\r\nsecret');
    },
  );
});

describe('H5 pinned blobs', () => {
  test('H5 what is put under its hash is there, with HEAD, for good', async () => {
    const bytes = randomBytes(1000);
    const url = `${relay.url}/api/blob/${sha(bytes)}`;
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(404);
    expect((await fetch(url, { method: 'PUT', body: bytes })).status).toBe(201);
    expect((await fetch(url, { method: 'PUT', body: bytes })).status).toBe(201);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), head.headers.get('access-control-allow-origin')]).toEqual([200, '1000', '*']);
    expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(bytes);
  });

  test('H5 other bytes than the hash names are refused and not kept', async () => {
    const url = `${relay.url}/api/blob/${sha(randomBytes(10))}`;
    const response = await fetch(url, { method: 'PUT', body: randomBytes(100) });
    expect(response.status).toBe(422);
    expect(await response.text()).toMatch(/nothing was kept/);
    expect((await fetch(url)).status).toBe(404);
    expect((await readdir(join(folder, 'data', 'blobs'))).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('over the quota it says so, and what was there stays', async () => {
    const small = randomBytes(500);
    await fetch(`${relay.url}/api/blob/${sha(small)}`, { method: 'PUT', body: small });
    const large = randomBytes(5000);
    const response = await fetch(`${relay.url}/api/blob/${sha(large)}`, { method: 'PUT', body: large });
    expect(response.status).toBe(507);
    expect(await response.text()).toContain('the relay cannot pin it: no room to store');
    expect((await fetch(`${relay.url}/api/blob/${sha(small)}`)).status).toBe(200);
  });

  test('an upload that breaks off leaves nothing', async () => {
    const bytes = randomBytes(1000);
    const socket = connect(Number(new URL(relay.url).port), '127.0.0.1');
    socket.write(`PUT /api/blob/${sha(bytes)} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n`);
    socket.write(bytes.subarray(0, 500));
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
    await expect.poll(async () => (await readdir(join(folder, 'data', 'blobs'))).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect((await fetch(`${relay.url}/api/blob/${sha(bytes)}`)).status).toBe(404);
  });

  test.each(['12', 'zz'.repeat(32), 'AB'.repeat(32), '..%2f..%2frelay.key', ''])('the name "%s" is refused', async (name) => {
    expect((await fetch(`${relay.url}/api/blob/${name}`)).status).toBe(400);
  });
});

describe('the way to the chain', () => {
  const rpc = (body: string) => fetch(`${relay.url}/api/rpc`, { method: 'POST', body });

  test('reads and raw transactions pass, alone and in a batch, each with its own answer', async () => {
    expect(await (await rpc('{"id":1,"method":"eth_chainId"}')).json()).toEqual({ jsonrpc: '2.0', id: 1, result: 'eth_chainId done' });
    const batch = [
      { id: 7, method: 'eth_call', params: [] },
      { id: 8, method: 'eth_sendRawTransaction', params: ['0x'] },
    ];
    expect(await (await rpc(JSON.stringify(batch))).json()).toMatchObject([
      { id: 7, result: 'eth_call done' },
      { id: 8, result: 'eth_sendRawTransaction done' },
    ]);
  });

  test('methods that move the node or use its keys are refused, and the others of the batch pass', async () => {
    calls.length = 0;
    const batch = ['anvil_setBalance', 'eth_sendTransaction', 'personal_sign', 'debug_traceCall', 'evm_mine', 'eth_blockNumber'].map((method, id) => ({ id, method, params: [] }));
    const answers = (await (await rpc(JSON.stringify(batch))).json()) as { error?: { code: number } }[];
    expect(answers.map(({ error }) => error?.code)).toEqual([-32601, -32601, -32601, -32601, -32601, undefined]);
    expect(calls).toEqual(['eth_blockNumber']);
  });

  test.each([
    ['not json', 400],
    ['[]', 400],
    ['3', 400],
    ['{"id":1}', 400],
    ['{"method":"eth_call"}', 400],
    ['{"id":1,"method":"eth_call","params":{}}', 400],
    [`"${'x'.repeat(600_000)}"`, 413],
  ])('a malformed call is refused in words (%#)', async (body, status) => {
    const response = await rpc(body);
    expect(response.status).toBe(status);
    expect((await response.text()).length).toBeGreaterThan(10);
  });

  test('a chain that is away is said to be', async () => {
    const alone = await createRelay({ dataDir: join(folder, 'alone'), port: 0, host: '127.0.0.1', deployment: null, rpcUrl: 'http://127.0.0.1:1' });
    const response = await fetch(`${alone.url}/api/rpc`, { method: 'POST', body: '{"id":1,"method":"eth_chainId"}' });
    expect([response.status, await response.text()]).toEqual([502, expect.stringContaining('the chain does not answer the relay')]);
    expect((await fetch(`${alone.url}/api/submit`, { method: 'POST', body: '{}' })).status).toBe(404);
    await alone.stop();
  });

  test('S4 signed requests go to the submitter; its refusals come back in its words', async () => {
    const accepted = await fetch(`${relay.url}/api/submit`, { method: 'POST', body: '{"a":1}' });
    expect(await accepted.json()).toEqual({ transaction: '0x12', gasUsed: '41000' });
    expect(submitted).toEqual([{ a: 1 }]);
    const refused = await fetch(`${relay.url}/api/submit`, { method: 'POST', body: 'null' });
    expect([refused.status, await refused.text()]).toEqual([400, 'the signature is not of the sender']);
  });
});

describe('nonsense', () => {
  test('wrong methods and unknown paths are refused', async () => {
    expect((await fetch(`${relay.url}/api/none`)).status).toBe(404);
    expect((await fetch(`${relay.url}/api/config`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${relay.url}/api/rpc`)).status).toBe(405);
    expect((await fetch(`${relay.url}/`, { method: 'DELETE' })).status).toBe(405);
    expect((await fetch(`${relay.url}/api/rpc`, { method: 'OPTIONS' })).status).toBe(204);
  });

  test('any bytes on the port, and WebSockets that speak no libp2p, leave it serving', async () => {
    const port = Number(new URL(relay.url).port);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => {}).resume();
        socket.end(bytes);
        await new Promise((resolve) => socket.once('close', resolve));
      }),
      { numRuns: 20 },
    );
    for (const message of ['hello', new Uint8Array(1000), new Uint8Array([255, 255, 255, 255, 255, 255])]) {
      const socket = new WebSocket(relay.url.replace('http', 'ws'));
      await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
      socket.send(message);
      socket.close();
    }
    expect((await fetch(`${relay.url}/api/config`)).status).toBe(200);
    expect(errors).toEqual([]);
  });
});

/** fetch tidies paths; this sends them as they are. */
async function rawGet(path: string): Promise<string> {
  const socket = connect(Number(new URL(relay.url).port), '127.0.0.1');
  socket.end(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  let text = '';
  for await (const piece of socket) text += piece;
  return text;
}
