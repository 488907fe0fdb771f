/** `npm start` as a terminal has it: one address, Ctrl-C, again, and a clear line where something is in the way. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { createTestClient, http, parseEther } from 'viem';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { foundryTool } from '../../scripts/foundryTool.ts';
import { freePort } from '../../scripts/freePort.ts';

const ROOT = join(import.meta.dirname, '..', '..');
let folder: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-terminal-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Run {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Everything that it has said. */
  readonly said: () => string;
  readonly exit: Promise<number | null>;
}

/** In a process group of its own, as a terminal runs it. */
function run(script: string, args: readonly string[], env: Readonly<Record<string, string>>): Run {
  const child = spawn(process.execPath, [join(ROOT, script), ...args], { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  children.push(child);
  let text = '';
  const keep = (piece: Buffer) => (text += piece.toString('utf8'));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return { child, pid: child.pid as number, said: () => text, exit: new Promise((resolve) => child.once('exit', resolve)) };
}

const start = (env: Readonly<Record<string, string>>) => run('scripts/run.mjs', ['scripts/start.ts'], { TUTTI_PORT: '0', TUTTI_DATA: join(folder, 'data'), ...env });

async function addressOf(started: Run): Promise<string> {
  await expect.poll(started.said, { timeout: 90_000, interval: 100 }).toMatch(/Tutti is at|tutti:/);
  const found = started.said().match(/^Tutti is at (http:\S+)$/m)?.[1];
  if (!found) throw new Error(started.said());
  return found;
}

/** The process and all that it started, and what those started. */
function tree(pid: number): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number) as [number, number]);
  const below = (parent: number): number[] => rows.filter(([, above]) => above === parent).flatMap(([child]) => [child, ...below(child)]);
  return [pid, ...below(pid)];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function blockOf(url: string): Promise<number> {
  const answer = await fetch(`${url}/api/rpc`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}',
  });
  return Number(((await answer.json()) as { result: string }).result);
}

/** What it says when it gives up. */
async function refusal(started: Run): Promise<string> {
  expect(await started.exit).toBe(1);
  return started.said();
}

describe('npm start', () => {
  test('one address; Ctrl-C ends all that it started; started again it goes on where it was', async () => {
    const first = start({});
    const url = await addressOf(first);
    expect(first.said().match(/http:/g)).toHaveLength(1);
    expect((await fetch(url)).headers.get('content-type')).toContain('text/html');
    const deployment = await readFile(join(folder, 'data', 'deployment.json'), 'utf8');
    const block = await blockOf(url);
    const processes = tree(first.pid);
    expect(processes.length).toBeGreaterThan(1);
    // A terminal gives Ctrl-C to the whole group.
    process.kill(-first.pid, 'SIGINT');
    expect(await first.exit).toBe(0);
    await expect.poll(() => processes.filter(isAlive), { timeout: 20_000 }).toEqual([]);

    const second = start({});
    const again = await addressOf(second);
    expect(await readFile(join(folder, 'data', 'deployment.json'), 'utf8')).toBe(deployment);
    expect(await blockOf(again)).toBeGreaterThanOrEqual(block);

    const third = start({});
    expect(await refusal(third)).toMatch(/another Tutti \(process \d+\) is running from .*TUTTI_DATA/);
    process.kill(-second.pid, 'SIGTERM');
    expect(await second.exit).toBe(0);
  });

  test('what is in the way is named, with what to do', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    const { port } = server.address() as AddressInfo;
    const foreign = join(folder, 'foreign');
    await mkdir(foreign);
    await writeFile(join(foreign, 'thesis.txt'), 'not for Tutti');
    const fresh = join(folder, 'fresh');
    try {
      for (const [env, words] of [
        [{ TUTTI_PORT: String(port), TUTTI_DATA: fresh }, `port ${port} is taken by another program: stop it, or choose another with TUTTI_PORT`],
        [{ TUTTI_DATA: foreign }, 'is not a folder of Tutti: it holds thesis.txt. Name an empty or new one with TUTTI_DATA'],
        [{ TUTTI_DATA: fresh, ANVIL_BIN: '/nowhere/anvil' }, 'ANVIL_BIN is /nowhere/anvil, which is not there'],
      ] as const) {
        expect(await refusal(start(env))).toContain(words);
      }
    } finally {
      server.close();
    }
  });

  test('on a chain of its own: contracts by npm run deploy, found by address', async () => {
    const port = await freePort();
    const rpc = `http://127.0.0.1:${port}`;
    const anvil = spawn(foundryTool('anvil'), ['--port', String(port), '--chain-id', '4242', '--accounts', '0', '--quiet'], { stdio: 'ignore' });
    children.push(anvil);
    const client = createTestClient({ mode: 'anvil', transport: http(rpc) });
    const [deployer, submitter, janitor] = [generatePrivateKey(), generatePrivateKey(), generatePrivateKey()];
    await expect.poll(() => client.request({ method: 'eth_chainId' } as never).catch(() => null), { timeout: 20_000 }).toBe('0x1092');
    for (const key of [deployer, submitter]) await client.setBalance({ address: privateKeyToAccount(key).address, value: parseEther('100') });
    const file = join(folder, 'deployment.json');
    const deployed = run('scripts/run.mjs', ['scripts/deploy.ts', '--rpc', rpc, '--out', file, '--faucet', '--timing', '5'], { TUTTI_DEPLOYER_KEY: deployer });
    expect(await deployed.exit, deployed.said()).toBe(0);

    const env = { TUTTI_DATA: join(folder, 'external'), TUTTI_RPC_URL: rpc, TUTTI_DEPLOYMENT: file };
    expect(await refusal(start({ ...env, TUTTI_SUBMITTER_KEY: submitter, TUTTI_JANITOR_KEY: submitter }))).toContain('Give two');
    expect(await refusal(start({ ...env, TUTTI_RPC_URL: 'http://127.0.0.1:1' }))).toMatch(/the chain does not answer: .*Check TUTTI_RPC_URL/);
    const started = start({ ...env, TUTTI_SUBMITTER_KEY: submitter, TUTTI_JANITOR_KEY: janitor });
    const url = await addressOf(started);
    const config = (await (await fetch(`${url}/api/config`)).json()) as { deployment: { chainId: number }; submits: boolean };
    expect([config.deployment.chainId, config.submits]).toEqual([4242, true]);
    expect(started.said()).toContain(`the janitor ${privateKeyToAccount(janitor).address} has no coin for gas`);
    expect(started.said()).not.toContain('the submitter 0x');
    process.kill(-started.pid, 'SIGINT');
    expect(await started.exit).toBe(0);
    expect(anvil.exitCode, 'somebody else chain goes on').toBe(null);
  });
});
