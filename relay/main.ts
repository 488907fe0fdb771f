/**
 * Command line of the relay:
 *   node relay/main.ts --data FOLDER [--port 8787] [--host 127.0.0.1] [--rpc URL] [--deployment FILE] [--web FOLDER]
 *                      [--tls-key FILE --tls-cert FILE] [--quota-bytes N]
 * With TUTTI_SUBMITTER_KEY (0x and 64 hex digits, an account with gas) and a deployment it also brings signed requests to
 * the chain and does what is overdue there (submitter, janitor). TUTTI_JANITOR_KEY gives the janitor an account of its own;
 * without it the two take turns with one.
 * Prints one line `relay URL MULTIADDR` when it is ready. Ends on SIGINT and SIGTERM.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Deployment, parseDeployment } from '#swarm/chain/deployment.ts';
import { takeTurns } from '#swarm/chain/takeTurns.ts';
import { createRelay, type RelayOptions } from './createRelay.ts';
import { startJanitor } from './janitor.ts';
import { createSubmitter } from './submitter.ts';

const FLAGS = {
  data: { type: 'string' },
  port: { type: 'string', default: '8787' },
  host: { type: 'string', default: '127.0.0.1' },
  rpc: { type: 'string', default: 'http://127.0.0.1:8545' },
  deployment: { type: 'string' },
  web: { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-cert': { type: 'string' },
  'quota-bytes': { type: 'string' },
} as const;

async function readOptions(args: readonly string[]): Promise<RelayOptions> {
  const { values } = parseArgs({ args: [...args], options: FLAGS });
  if (!values.data) throw new Error('--data FOLDER is missing: where the relay keeps its identity and pinned blobs');
  const { 'tls-key': key, 'tls-cert': cert } = values;
  if ((key === undefined) !== (cert === undefined)) throw new Error('--tls-key and --tls-cert go together');
  return {
    dataDir: values.data,
    port: wholeNumber('--port', values.port, 65535),
    host: values.host,
    rpcUrl: values.rpc,
    deployment: values.deployment === undefined ? null : await readDeployment(values.deployment),
    ...(values.web === undefined ? {} : { webRoot: values.web }),
    ...(key === undefined || cert === undefined ? {} : { tls: { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') } }),
    ...(values['quota-bytes'] === undefined ? {} : { pinQuotaBytes: wholeNumber('--quota-bytes', values['quota-bytes'], Number.MAX_SAFE_INTEGER) }),
    onError: (error) => console.error(error),
  };
}

async function readDeployment(path: string): Promise<Deployment> {
  try {
    return parseDeployment(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function keyFrom(variable: 'TUTTI_SUBMITTER_KEY' | 'TUTTI_JANITOR_KEY'): `0x${string}` | null {
  const key = process.env[variable];
  if (!key) return null;
  if (!/^0x[0-9a-fA-F]{64}$/.test(key)) throw new Error(`${variable} is not a private key: 0x and 64 hex digits`);
  return key as `0x${string}`;
}

async function run(): Promise<void> {
  const options = await readOptions(process.argv.slice(2));
  const { rpcUrl, deployment } = options;
  const key = keyFrom('TUTTI_SUBMITTER_KEY');
  const janitorKey = keyFrom('TUTTI_JANITOR_KEY') ?? key;
  if (key && !deployment) throw new Error('TUTTI_SUBMITTER_KEY needs --deployment FILE: which contracts to submit to');
  const paid = key && deployment ? { key, deployment, rpcUrl, inTurn: takeTurns() } : null;
  const submitter = paid && (await createSubmitter(paid));
  const janitor = paid && janitorKey && (await startJanitor({ ...paid, key: janitorKey, onError: (error) => console.error(`janitor: ${error.message}`) }));
  const relay = await createRelay({ ...options, ...(submitter ? { submitter } : {}) });
  console.log(`relay ${relay.url} ${relay.multiaddr}`);
  const stop = () => {
    janitor?.stop();
    void relay.stop().finally(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function wholeNumber(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0 || value > most) throw new Error(`${flag} is a whole number from 0 to ${most}, not ${text}`);
  return value;
}

run().catch((error: unknown) => {
  console.error(`relay: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
