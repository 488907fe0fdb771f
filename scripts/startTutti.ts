/** A whole Tutti in one process: the embedded chain (or another), the contracts, the relay, the web app. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createPublicClient, type Hex, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { createRelay, type Relay } from '#relay/createRelay.ts';
import { startJanitor } from '#relay/janitor.ts';
import { createSubmitter } from '#relay/submitter.ts';
import { checkDeployment } from '#swarm/chain/checkDeployment.ts';
import { deployContracts } from '#swarm/chain/deployContracts.ts';
import type { Deployment, Timing } from '#swarm/chain/deployment.ts';
import { buildWeb, DIST, isBuilt } from './buildWeb.ts';
import { type DataFolder, openDataFolder } from './dataFolder.ts';
import { type EmbeddedChain, startEmbeddedChain } from './embeddedChain.ts';
import { requireFreePort } from './requireFreePort.ts';

export interface ExternalChain {
  readonly rpcUrl: string;
  /** Pays for the gas of what tabs sign. Without it the relay submits nothing. */
  readonly submitterKey?: Hex;
  /** Pays for closing, drawing and settling what is overdue; another key than the submitter's, or nonces collide. */
  readonly janitorKey?: Hex;
  readonly deployment: Deployment;
}

export interface StartOptions {
  readonly dataDir: string;
  /** Of the web app and the relay. 0 takes a free one. */
  readonly port: number;
  /** Default 127.0.0.1; 0.0.0.0 for the local network. */
  readonly host?: string;
  /** Of the embedded chain. Default 0, a free one. */
  readonly chainPort?: number;
  /** A chain of one's own in place of the embedded one. */
  readonly external?: ExternalChain;
  /** Deadlines of a new embedded deployment; an existing one keeps its own. */
  readonly timing?: Timing;
  /** Folder of the built web app; null serves none. Default: dist/, built where it is missing or older than its sources. */
  readonly webRoot?: string | null;
  /** Default true: overdue rounds are closed, drawn and settled by this process. */
  readonly janitor?: boolean;
  /** What is being done, a line each. */
  readonly onStep?: (text: string) => void;
  readonly onError?: (error: unknown) => void;
  /** The chain ended although nobody stopped it. */
  readonly onChainLost?: (words: string) => void;
}

export interface Tutti {
  /** Where a browser goes. */
  readonly url: string;
  /** The relay's address for tabs and other peers. */
  readonly multiaddr: string;
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly deployment: Deployment;
  stop(): Promise<void>;
}

interface Ground {
  readonly rpcUrl: string;
  readonly deployment: Deployment;
  readonly submitterKey?: Hex | undefined;
  readonly janitorKey?: Hex | undefined;
}

/** Errors: in words that say what to do. Whatever was started by then is stopped. */
export async function startTutti(options: StartOptions): Promise<Tutti> {
  const { onStep = () => {}, onError = () => {} } = options;
  const closers: (() => Promise<void> | void)[] = [];
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= closeAll(closers, onError));
  try {
    const folder = await openDataFolder(options.dataDir);
    closers.push(() => folder.release());
    await requireFreePort(options.host ?? '127.0.0.1', options.port);
    const webRoot = await findWebRoot(options, onStep);
    const ground = options.external ?? (await prepareEmbedded(options, folder, onStep, closers));
    const { rpcUrl, deployment } = ground;
    if (options.external) await checkExternal(options.external, onStep);
    const relay = await startRelay(options, folder, ground, webRoot);
    closers.push(() => relay.stop());
    onStep('the relay runs');
    if (ground.janitorKey && options.janitor !== false) {
      const janitor = await startJanitor({ rpcUrl, key: ground.janitorKey, deployment });
      closers.push(() => janitor.stop());
    }
    return { url: relay.url.replace('127.0.0.1', 'localhost'), multiaddr: relay.multiaddr, rpcUrl, chainId: deployment.chainId, deployment, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Errors: no answer, another chain, or keys that would get into each other's way. Warns of what people would stumble over later. */
async function checkExternal({ rpcUrl, deployment, submitterKey, janitorKey }: ExternalChain, onStep: (text: string) => void): Promise<void> {
  onStep(`using the chain at ${new URL(rpcUrl).host}`);
  const client = createPublicClient({ transport: http(rpcUrl), cacheTime: 0 });
  await checkDeployment(client, deployment).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : String(error)}. Check TUTTI_RPC_URL and TUTTI_DEPLOYMENT, and that the node is up.`, { cause: error });
  });
  if (submitterKey !== undefined && submitterKey === janitorKey)
    throw new Error('TUTTI_SUBMITTER_KEY and TUTTI_JANITOR_KEY are the same key: their transactions would collide. Give two.');
  if (submitterKey === undefined) onStep('no TUTTI_SUBMITTER_KEY: every tab has to pay its own gas, so people need a wallet or coin on their tab key');
  if (janitorKey === undefined) onStep('no TUTTI_JANITOR_KEY: overdue rounds wait until some tab closes and settles them');
  for (const [who, key] of [
    ['submitter', submitterKey],
    ['janitor', janitorKey],
  ] as const) {
    if (key === undefined) continue;
    const { address } = privateKeyToAccount(key);
    if ((await client.getBalance({ address })) === 0n) onStep(`the ${who} ${address} has no coin for gas on this chain: send it some, or what it does will fail`);
  }
}

async function closeAll(closers: readonly (() => Promise<void> | void)[], onError: (error: unknown) => void): Promise<void> {
  for (const close of closers.toReversed()) await Promise.resolve(close()).catch(onError);
}

async function findWebRoot({ webRoot }: StartOptions, onStep: (text: string) => void): Promise<string | null> {
  if (webRoot === null) return null;
  if (webRoot !== undefined) {
    if (!existsSync(join(webRoot, 'index.html'))) throw new Error(`${webRoot} holds no built web app: index.html is missing`);
    return webRoot;
  }
  if (await isBuilt()) return DIST;
  onStep('building the web app ...');
  await buildWeb();
  return DIST;
}

async function prepareEmbedded(options: StartOptions, folder: DataFolder, onStep: (text: string) => void, closers: (() => Promise<void> | void)[]): Promise<Ground> {
  const kept = await folder.readDeployment();
  if (kept && !existsSync(folder.chainStateFile)) {
    throw new Error(`${folder.path} has the addresses of contracts but not the chain they were on (chain.json): restore it, or move the folder away to begin anew`);
  }
  onStep(kept ? 'starting the chain where it was ...' : 'starting a chain of its own ...');
  const chain = await startEmbeddedChain({
    stateFile: folder.chainStateFile,
    port: options.chainPort ?? 0,
    onExit: options.onChainLost ?? ((words) => options.onError?.(new Error(words))),
  });
  closers.push(() => chain.stop());
  const keys = { submitterKey: await folder.readKey('submitter'), janitorKey: await folder.readKey('janitor') };
  for (const key of Object.values(keys)) await chain.fillPurse(privateKeyToAccount(key).address);
  const deployment = kept ? await foundAgain(chain, folder, kept) : await deployOnce(options, chain, folder, onStep);
  return { rpcUrl: chain.rpcUrl, deployment, ...keys };
}

async function foundAgain(chain: EmbeddedChain, folder: DataFolder, deployment: Deployment): Promise<Deployment> {
  try {
    await checkDeployment(createPublicClient({ transport: http(chain.rpcUrl), cacheTime: 0 }), deployment);
    return deployment;
  } catch (error) {
    throw new Error(`deployment.json and chain.json in ${folder.path} do not belong together (${(error as Error).message}): restore both, or move the folder away to begin anew`, {
      cause: error,
    });
  }
}

async function deployOnce(options: StartOptions, chain: EmbeddedChain, folder: DataFolder, onStep: (text: string) => void): Promise<Deployment> {
  const key = await folder.readKey('deployer');
  await chain.fillPurse(privateKeyToAccount(key).address);
  const deployment = await deployContracts({ rpcUrl: chain.rpcUrl, key, onStep, ...(options.timing ? { timing: options.timing } : {}) });
  // The chain writes its state once a second: addresses must not be kept of contracts that a power cut would undo.
  await waitForState(folder.chainStateFile, deployment);
  await folder.writeDeployment(deployment);
  return deployment;
}

async function waitForState(stateFile: string, deployment: Deployment): Promise<void> {
  const { readFile } = await import('node:fs/promises');
  const last = (deployment.faucet ?? deployment.addresses.lens).toLowerCase();
  for (let tries = 0; tries < 100; tries++) {
    const text = await readFile(stateFile, 'utf8').catch(() => '');
    if (text.toLowerCase().includes(last)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the chain does not write its state to ${stateFile}: is the disk full?`);
}

async function startRelay(options: StartOptions, folder: DataFolder, ground: Ground, webRoot: string | null): Promise<Relay> {
  const { rpcUrl, deployment, submitterKey } = ground;
  const submitter = submitterKey ? await createSubmitter({ rpcUrl, key: submitterKey, deployment }) : null;
  return createRelay({
    dataDir: folder.relayDir,
    port: options.port,
    host: options.host ?? '127.0.0.1',
    deployment: { ...deployment },
    rpcUrl,
    ...(submitter ? { submitter } : {}),
    ...(webRoot === null ? {} : { webRoot }),
    ...(options.onError ? { onError: options.onError } : {}),
  }).catch((error: unknown) => {
    const words = error instanceof Error ? error.message.replace(/Choose another with --port$/, 'Choose another with TUTTI_PORT') : String(error);
    throw new Error(words, { cause: error });
  });
}
