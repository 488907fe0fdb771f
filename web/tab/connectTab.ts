/** Everything a tab talks to: the relay's word on where the chain is, the chain client, the mesh, the worker. */
import { privateKeyToAccount } from 'viem/accounts';
import { type ChainClient, createChainClient, type WalletAccount } from '#swarm/chain/createChainClient.ts';
import { type Deployment, deploymentId, parseDeployment } from '#swarm/chain/deployment.ts';
import type { Blobs, Mesh } from '#swarm/network/mesh.ts';
import { takeIdentity, type TabIdentity } from './tabIdentity.ts';
import { startWorker, type WorkerEngine } from './workerEngine.ts';

export interface TabParts {
  readonly identity: TabIdentity;
  readonly deployment: Deployment;
  readonly mesh: Mesh;
  readonly blobs: Blobs;
  readonly worker: WorkerEngine;
  readonly chainFor: (account: WalletAccount | TabIdentity['key']) => Promise<ChainClient>;
}

interface RelayConfig {
  readonly deployment: unknown;
  readonly rpcPath: string;
  readonly submits: boolean;
  readonly relays: readonly string[];
}

/** Errors: the relay does not answer, or its answer is not one of a relay with contracts. */
export async function connectTab(onStoreFull: (error: Error) => void): Promise<TabParts> {
  const worker = startWorker();
  const [identity, config] = await Promise.all([takeIdentity(), readConfig()]);
  const deployment = parseDeployment(config.deployment);
  const { createTabMesh } = await import('#swarm/network/createTabMesh.ts');
  const { mesh, blobs } = await createTabMesh({ relayAddresses: config.relays, namespace: deploymentId(deployment), onStoreFull });
  const rpcUrl = new URL(config.rpcPath, location.origin).href;
  const submitter = config.submits ? { submitter: { url: new URL('/api/submit', location.origin).href } } : {};
  const chainFor: TabParts['chainFor'] = (account) =>
    createChainClient({ rpcUrl, deployment, account: typeof account === 'string' ? privateKeyToAccount(account) : account, ...submitter });
  return { identity, deployment, mesh, blobs, worker, chainFor };
}

async function readConfig(): Promise<RelayConfig> {
  const response = await fetch('/api/config').catch(() => null);
  if (!response?.ok) throw new Error('The relay that served this page does not answer. Is it still running? This page goes on once it answers.');
  return (await response.json()) as RelayConfig;
}
