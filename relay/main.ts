/**
 * Command line of the relay:
 *   node relay/main.ts --data FOLDER [--port 8787] [--host 127.0.0.1] [--rpc URL] [--deployment FILE] [--web FOLDER]
 *                      [--tls-key FILE --tls-cert FILE] [--quota-bytes N]
 * Prints one line `relay URL MULTIADDR` when it is ready. Ends on SIGINT and SIGTERM.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createRelay, type RelayOptions } from './createRelay.ts';

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

async function readDeployment(path: string): Promise<Record<string, unknown>> {
  const parsed: unknown = JSON.parse(await readFile(path, 'utf8'));
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error(`${path} is not a deployment: a JSON object of chain id and addresses`);
  return { ...parsed };
}

function wholeNumber(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0 || value > most) throw new Error(`${flag} is a whole number from 0 to ${most}, not ${text}`);
  return value;
}

try {
  const relay = await createRelay(await readOptions(process.argv.slice(2)));
  console.log(`relay ${relay.url} ${relay.multiaddr}`);
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => void relay.stop().finally(() => process.exit(0)));
  }
} catch (error) {
  console.error(`relay: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
