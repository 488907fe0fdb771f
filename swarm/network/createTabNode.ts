/** The libp2p node of a tab. Every number here replaces a stock setting that failed with tens of tabs behind one relay. */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { type GossipSub, gossipsub } from '@libp2p/gossipsub';
import { type Identify, identify } from '@libp2p/identify';
import type { Libp2p, PrivateKey } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { type Ping, ping } from '@libp2p/ping';
import { webRTC } from '@libp2p/webrtc';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { gossipSettings } from './gossipSettings.ts';
import { keepInitChannelOpen } from './keepInitChannelOpen.ts';

export type TabNode = Libp2p<{ identify: Identify; ping: Ping; pubsub: GossipSub }>;

export interface TabNodeOptions {
  readonly privateKey?: PrivateKey;
  /** STUN servers help across home routers; none are needed on one network. */
  readonly iceServers?: readonly RTCIceServer[];
}

export async function createTabNode(options: TabNodeOptions): Promise<TabNode> {
  keepInitChannelOpen();
  return createLibp2p({
    ...(options.privateKey ? { privateKey: options.privateKey } : {}),
    addresses: { listen: ['/p2p-circuit', '/webrtc'] },
    transports: [
      webSockets(),
      webRTC({ rtcConfiguration: { iceServers: [...(options.iceServers ?? [])] } }),
      circuitRelayTransport({ maxInboundStopStreams: 1000, maxOutboundStopStreams: 1000 }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // The stock gater of browsers refuses private addresses, and a classroom has no others.
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: {
      // All relayed peers share the relay's address: the stock 5 a second would refuse a class that arrives together.
      inboundConnectionThreshold: 1000,
      maxIncomingPendingConnections: 200,
      dialTimeout: 40_000,
      addressDialTimeout: 20_000,
      inboundUpgradeTimeout: 20_000,
    },
    // Stock pings abort healthy connections while the GPU or the CPU is busy.
    connectionMonitor: { pingInterval: 30_000, pingTimeout: { minTimeout: 15_000 } },
    services: {
      identify: identify(),
      ping: ping(),
      pubsub: gossipsub(gossipSettings),
    },
  });
}
