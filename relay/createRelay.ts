/**
 * The relay: where tabs meet. Bootstrap, circuits, gossip, a pinning store, the web app, and a way to the chain, on one
 * port. It forwards and keeps; it cannot judge work (no engine), and so signs no receipt of availability (R3).
 */
import { join } from 'node:path';
import type { Deployment } from '#swarm/chain/deployment.ts';
import type { Roster } from '#swarm/network/roster.ts';
import { presenceTopic } from '#swarm/network/presence.ts';
import { buildHash } from './buildHash.ts';
import { createRelayNode, type RelayNode } from './createRelayNode.ts';
import { folderBlobStore } from './folderBlobStore.ts';
import { createHttpHandler, type Submitter } from './http/createHttpHandler.ts';
import { lossLog } from './lossLog.ts';
import { passGossipOn } from './passGossipOn.ts';
import { publicAddress } from './publicAddress.ts';
import { relayIdentity } from './relayIdentity.ts';
import type { TlsFiles } from './webSocketsBesideHttp.ts';

const PIN_QUOTA_BYTES = 20 * 1024 ** 3;

export interface RelayOptions {
  /** Identity and pinned blobs. */
  readonly dataDir: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Address to listen on, `127.0.0.1` or `0.0.0.0`. */
  readonly host: string;
  /** Handed to tabs by `/api/config` as it is; null before contracts are deployed. */
  readonly deployment: Deployment | null;
  readonly rpcUrl: string;
  readonly submitter?: Submitter;
  /** Folder of the built web app. */
  readonly webRoot?: string;
  readonly tls?: TlsFiles;
  readonly pinQuotaBytes?: number;
  /** Unexpected errors; refusals of bad requests are not among them. */
  readonly onError?: (error: unknown) => void;
}

export interface Relay {
  /** `http://127.0.0.1:PORT` (or https). */
  readonly url: string;
  /** Address for tabs, peer id included. */
  readonly multiaddr: string;
  readonly peerId: string;
  stop(): Promise<void>;
}

/** What `/api/config` answers. */
export interface RelayConfig {
  readonly version: 1;
  readonly deployment: Deployment | null;
  /** Relative to the origin that answered. */
  readonly rpcPath: string;
  readonly submits: boolean;
  readonly relays: readonly string[];
  readonly buildHash: string | null;
}

/** Errors: the port is taken, or the data folder is not a relay's. */
export async function createRelay(options: RelayOptions): Promise<Relay> {
  const privateKey = await relayIdentity(options.dataDir);
  const blobs = await folderBlobStore(join(options.dataDir, 'blobs'), options.pinQuotaBytes ?? PIN_QUOTA_BYTES);
  const losses = options.deployment && (await lossLog(options.dataDir, options.deployment));
  const build = options.webRoot === undefined ? null : await buildHash(options.webRoot);
  const secure = options.tls !== undefined;
  let node: RelayNode | undefined;
  const addressFor = (host: string | undefined) => publicAddress(host, secure, listeningPort(node), node?.peerId.toString() ?? '');

  const onRequest = createHttpHandler({
    blobs,
    rpcUrl: options.rpcUrl,
    ...(options.submitter ? { submitter: options.submitter } : {}),
    ...(options.webRoot === undefined ? {} : { webRoot: options.webRoot }),
    config: (host): RelayConfig => ({
      version: 1,
      deployment: options.deployment,
      rpcPath: '/api/rpc',
      submits: options.submitter !== undefined,
      relays: [addressFor(host)],
      buildHash: build,
    }),
    losses: (job) => losses?.of(job) ?? [],
    roster: (namespace, host) => readReservations(node, namespace, addressFor(host)),
    onError: options.onError ?? (() => {}),
  });
  const started = await startNode({ ...options, privateKey, onRequest });
  node = started;
  const stopGossip = passGossipOn(started.services.pubsub, (listener) => {
    started.addEventListener('peer:disconnect', listener);
    return () => started.removeEventListener('peer:disconnect', listener);
  });
  started.services.pubsub.addEventListener('message', ({ detail: { topic, data } }) => void losses?.hear(topic, data));
  const shownHost = options.host === '0.0.0.0' || options.host === '::' ? '127.0.0.1' : options.host;
  const hostAndPort = `${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${listeningPort(started)}`;
  return {
    url: `${secure ? 'https' : 'http'}://${hostAndPort}`,
    multiaddr: addressFor(hostAndPort),
    peerId: started.peerId.toString(),
    stop: async () => {
      stopGossip();
      await started.stop();
    },
  };
}

async function startNode(options: Parameters<typeof createRelayNode>[0]): Promise<RelayNode> {
  try {
    return await createRelayNode(options);
  } catch (error) {
    const text = error instanceof Error ? `${error.message} ${error instanceof AggregateError ? error.errors.join(' ') : ''}` : String(error);
    if (!/EADDRINUSE|UnsupportedListenAddress|Some configured addresses/.test(text)) throw error;
    const reason = text.includes('EADDRINUSE') ? 'the port is taken' : (text.trim().split('\n')[0] ?? '');
    throw new Error(`cannot listen on ${options.host}:${options.port}: ${reason}. Choose another with --port`, { cause: error });
  }
}

function listeningPort(node: RelayNode | undefined): number {
  const tcp = node
    ?.getMultiaddrs()[0]
    ?.getComponents()
    .find(({ name }) => name === 'tcp')?.value;
  return Number(tcp ?? 0);
}

/** Tabs with a reservation and an open connection; with a namespace, those that subscribed to its presence. */
function readReservations(node: RelayNode | undefined, namespace: string | null, relayAddress: string): Roster {
  if (!node) return { namespace: namespace ?? '', peers: [] };
  const subscribers = namespace === null ? null : new Set(node.services.pubsub.getSubscribers(presenceTopic(namespace)).map(String));
  const connected = new Set(node.getPeers().map(String));
  const peers = [...node.services.circuits.reservations].flatMap(([peer, reservation]) => {
    const id = peer.toString();
    if (!connected.has(id) || (subscribers && !subscribers.has(id))) return [];
    return [{ id, addresses: [`${relayAddress}/p2p-circuit/webrtc/p2p/${id}`], expires: reservation.expiry.getTime() }];
  });
  return { namespace: namespace ?? '', peers };
}
