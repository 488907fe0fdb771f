/** `npm start`, once everything is installed: starts Tutti, prints its URL, stops everything on Ctrl-C. */
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { isHex } from 'viem';
import { type Deployment, parseDeployment } from '#swarm/chain/deployment.ts';
import { type ExternalChain, startTutti, type Tutti } from './startTutti.ts';

const ROOT = join(import.meta.dirname, '..');
const { env } = process;

function readPort(variable: string, otherwise: number): number {
  const text = env[variable];
  if (text === undefined || text === '') return otherwise;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`${variable} is a port from 0 to 65535, not ${text}`);
  return port;
}

function readKey(variable: string): `0x${string}` | undefined {
  const text = env[variable];
  if (!text) return undefined;
  if (!isHex(text) || text.length !== 66) throw new Error(`${variable} is not a private key: 0x and 64 hexadecimal digits`);
  return text;
}

async function readExternal(): Promise<ExternalChain | undefined> {
  const { TUTTI_RPC_URL: rpcUrl, TUTTI_DEPLOYMENT: file } = env;
  if (!rpcUrl) {
    if (file) throw new Error('TUTTI_DEPLOYMENT goes with TUTTI_RPC_URL, the chain that the contracts are on');
    return undefined;
  }
  if (!URL.canParse(rpcUrl)) throw new Error(`TUTTI_RPC_URL is not an address: ${rpcUrl}`);
  if (!file) throw new Error('TUTTI_RPC_URL goes with TUTTI_DEPLOYMENT, the file that `npm run deploy` wrote');
  const submitterKey = readKey('TUTTI_SUBMITTER_KEY');
  const janitorKey = readKey('TUTTI_JANITOR_KEY');
  return { rpcUrl, deployment: await readDeployment(file), ...(submitterKey ? { submitterKey } : {}), ...(janitorKey ? { janitorKey } : {}) };
}

async function readDeployment(file: string): Promise<Deployment> {
  try {
    return parseDeployment(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new Error(`TUTTI_DEPLOYMENT (${file}) cannot be used: ${(error as Error).message}`, { cause: error });
  }
}

/** Addresses under which others on the local network reach this machine. */
function lanUrls(url: string): string[] {
  const { port } = new URL(url);
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => `http://${address}:${port}`);
}

const say = (text: string) => void process.stdout.write(`${text}\n`);

let running: Promise<Tutti> | undefined;
let ending = false;
async function end(exitCode: number): Promise<void> {
  if (ending) return;
  ending = true;
  say('stopping ...');
  const tutti = await running?.catch(() => undefined);
  await tutti?.stop();
  process.exit(exitCode);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));
// The launcher was killed.
process.on('disconnect', () => void end(1));
process.channel?.unref();

try {
  const external = await readExternal();
  const host = env['HOST'] || '127.0.0.1';
  running = startTutti({
    dataDir: env['TUTTI_DATA'] || join(ROOT, '.tutti'),
    port: readPort('TUTTI_PORT', 7878),
    host,
    chainPort: readPort('TUTTI_CHAIN_PORT', 0),
    ...(external ? { external } : {}),
    onStep: say,
    onError: (error) => process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`),
    onChainLost: (words) => {
      process.stderr.write(`tutti: ${words}\nStart it again; it goes on where it was.\n`);
      void end(1);
    },
  });
  const tutti = await running;
  if (!ending) {
    if (host === '0.0.0.0') say(`on the local network: ${lanUrls(tutti.url).join(' ') || 'no address found'} (browsers give their GPU only to https or localhost)`);
    say('Ctrl-C stops it; started again it goes on where it was.');
    say(`Tutti is at ${tutti.url}`);
  }
} catch (error) {
  if (!ending) {
    process.stderr.write(`tutti: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
