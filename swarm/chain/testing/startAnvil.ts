/** A real chain for tests: anvil on a free port, with the contracts on it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createTestClient, type Hex, http, type TestClient } from 'viem';
import { deployContracts, EMBEDDED_TIMING } from '../deployContracts.ts';
import type { Deployment, Timing } from '../deployment.ts';

/** Anvil's well-known first key: rich on every fresh chain. */
export const RICH_KEY: Hex = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';

export interface TestChain {
  readonly rpcUrl: string;
  readonly deployment: Deployment;
  readonly control: TestClient;
  /** Moves block time and mines: deadlines pass without waiting. */
  readonly pass: (seconds: number) => Promise<void>;
  /** Kills it as a crash would and starts it again from its state, on the same port. Only with a state file. */
  readonly restart: () => Promise<void>;
  readonly stop: () => void;
}

/** `stateFile`: kept up to date every second. */
export async function startAnvil(timing: Timing = EMBEDDED_TIMING, stateFile?: string): Promise<TestChain> {
  const port = await freePort();
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve(`@foundry-rs/anvil-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}/package.json`));
  const keep = stateFile === undefined ? [] : ['--state', stateFile, '--state-interval', '1'];
  const rpcUrl = `http://127.0.0.1:${port}`;
  const launch = async () => {
    const started = spawn(join(folder, 'bin', 'anvil'), ['--port', String(port), '--chain-id', '90210', '--silent', '--hardfork', 'osaka', ...keep], { stdio: 'ignore' });
    await waitForAnswer(rpcUrl);
    return started;
  };
  let child = await launch();
  const deployment = await deployContracts({ rpcUrl, key: RICH_KEY, timing });
  const control = createTestClient({ mode: 'anvil', transport: http(rpcUrl) });
  return {
    rpcUrl,
    deployment,
    control,
    pass: async (seconds) => {
      await control.increaseTime({ seconds });
      await control.mine({ blocks: 1 });
    },
    restart: async () => {
      if (stateFile === undefined) throw new Error('this chain keeps no state: start it with a state file');
      child.kill('SIGKILL');
      await once(child, 'exit');
      child = await launch();
    },
    stop: () => void child.kill(),
  };
}

async function waitForAnswer(rpcUrl: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}',
    }).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`anvil did not answer at ${rpcUrl}`);
}

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
