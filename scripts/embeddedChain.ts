/** The chain that comes along: anvil with a chain id of its own and its state in a file. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createTestClient, http, parseEther, publicActions } from 'viem';
import type { Address } from '#swarm/protocol/jobSpec.ts';
import { foundryTool } from './foundryTool.ts';
import { freePort } from './freePort.ts';

export const EMBEDDED_CHAIN_ID = 31888;
const BLOCK_SECONDS = 2;
const PURSE_WEI = parseEther('10000');
const ANSWER_MS = 20_000;

export interface EmbeddedChain {
  readonly rpcUrl: string;
  /** Gives the account gas where it has little left: this chain's coin is worth nothing. */
  fillPurse(address: Address): Promise<void>;
  stop(): Promise<void>;
}

export interface EmbeddedChainOptions {
  /** Kept up to date every second; made where it is missing. */
  readonly stateFile: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The chain ended although nobody stopped it. */
  readonly onExit: (words: string) => void;
}

/** Starts anvil. It ends with this process, however this one ends. Errors: no anvil, a busy port, an unreadable state. */
export async function startEmbeddedChain(options: EmbeddedChainOptions): Promise<EmbeddedChain> {
  const port = options.port === 0 ? await freePort() : options.port;
  const hadState = existsSync(options.stateFile);
  // Its own process group: Ctrl-C must not end the chain before those that still write to it. No dev accounts:
  // their keys are known to everybody, and tabs reach this RPC through the relay.
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, 'tether.mjs'),
      foundryTool('anvil'),
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--chain-id',
      String(EMBEDDED_CHAIN_ID),
      '--hardfork',
      'osaka',
      '--accounts',
      '0',
      '--block-time',
      String(BLOCK_SECONDS),
      '--mixed-mining',
      '--state',
      options.stateFile,
      '--state-interval',
      '1',
      '--quiet',
    ],
    { stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  );
  let output = '';
  const keep = (piece: Buffer) => {
    output = (output + piece.toString('utf8')).slice(-2000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.stdin.on('error', () => {});
  const life = { ended: false };
  let stopping = false;
  let answered = false;
  const exit = new Promise<void>((resolve) => {
    child.once('exit', () => {
      life.ended = true;
      resolve();
      if (answered && !stopping) options.onExit(`the chain ended by itself: ${output.trim() || 'it said nothing'}`);
    });
  });
  const stop = async () => {
    stopping = true;
    child.stdin.end();
    await exit;
  };

  const rpcUrl = `http://127.0.0.1:${port}`;
  const client = createTestClient({ mode: 'anvil', transport: http(rpcUrl, { retryCount: 0 }), cacheTime: 0 }).extend(publicActions);
  const patience = AbortSignal.timeout(ANSWER_MS);
  let chainId: number | null = null;
  while (chainId === null && !life.ended && !patience.aborted) {
    chainId = await client.getChainId().catch(() => null);
    if (chainId === null) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // Another node on a busy port answers too, while ours has ended.
  if (life.ended || chainId !== EMBEDDED_CHAIN_ID) {
    await stop();
    throw new Error(explainFailure(output, port, hadState ? options.stateFile : null));
  }
  answered = true;
  return {
    rpcUrl,
    fillPurse: async (address) => {
      const balance = await client.getBalance({ address });
      if (balance < PURSE_WEI / 10n) await client.setBalance({ address, value: PURSE_WEI });
    },
    stop,
  };
}

function explainFailure(output: string, port: number, stateFile: string | null): string {
  if (/address already in use|AddrInUse/i.test(output)) return `port ${port}, meant for the chain, is taken: choose another with TUTTI_CHAIN_PORT`;
  const words = output.trim().split('\n').slice(-5).join('\n') || 'it said nothing';
  if (stateFile)
    return `the chain does not start from ${stateFile}: ${words}\nIf the file is damaged or of another version, move its folder away to begin anew (jobs and balances of this chain are in it).`;
  return `the chain does not start: ${words}`;
}
