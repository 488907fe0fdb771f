/** The relay's libp2p node: a WebSocket door, circuits for the first handshake of two tabs, and gossip passed on. */
import { type CircuitRelayService, circuitRelayServer } from '@libp2p/circuit-relay-v2';
import { type GossipSub, gossipsub } from '@libp2p/gossipsub';
import { type Identify, identify } from '@libp2p/identify';
import type { Libp2p, PrivateKey } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { type Ping, ping } from '@libp2p/ping';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { gossipSettings } from '#swarm/network/gossipSettings.ts';
import { type HttpHandler, type TlsFiles, webSocketsBesideHttp } from './webSocketsBesideHttp.ts';

export type RelayNode = Libp2p<{ identify: Identify; ping: Ping; pubsub: GossipSub; circuits: CircuitRelayService }>;

export interface RelayNodeOptions {
  readonly privateKey: PrivateKey;
  readonly host: string;
  readonly port: number;
  readonly onRequest: HttpHandler;
  readonly tls?: TlsFiles;
}

/** A circuit carries handshakes and small questions; data goes direct, or through the blob hub. */
const CIRCUIT_BYTES = 1n << 22n;
const CIRCUIT_MS = 600_000;
const TABS = 1000;

export function createRelayNode({ privateKey, host, port, onRequest, tls }: RelayNodeOptions): Promise<RelayNode> {
  const family = host.includes(':') ? 'ip6' : 'ip4';
  return createLibp2p({
    privateKey,
    addresses: { listen: [`/${family}/${host}/tcp/${port}${tls ? '/tls' : ''}/ws`] },
    transports: [webSocketsBesideHttp(onRequest, tls)],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: {
      maxConnections: 2 * TABS,
      // A class behind one router arrives from one address.
      inboundConnectionThreshold: 1000,
      maxIncomingPendingConnections: 200,
      inboundUpgradeTimeout: 20_000,
    },
    connectionMonitor: { pingInterval: 30_000, pingTimeout: { minTimeout: 15_000 } },
    services: {
      identify: identify(),
      ping: ping(),
      pubsub: gossipsub(gossipSettings),
      circuits: circuitRelayServer({
        maxInboundHopStreams: TABS,
        maxOutboundHopStreams: TABS,
        maxOutboundStopStreams: TABS,
        reservations: { maxReservations: TABS, defaultDataLimit: CIRCUIT_BYTES, defaultDurationLimit: CIRCUIT_MS },
      }),
    },
  });
}
