/** The wire of a browser tab: libp2p, relays to meet at, direct WebRTC to the others. */
import type { PrivateKey } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { createTabNode } from './createTabNode.ts';
import { libp2pWire } from './libp2pWire.ts';
import { meetPeers } from './meetPeers.ts';
import { relayOrigin } from './relayOrigin.ts';
import { stayConnected } from './stayConnected.ts';
import type { Wire } from './wire.ts';

export interface TabWireOptions {
  /** Multiaddrs of relays with their peer ids. The tab keeps a connection to each, and redials one that is lost. */
  readonly relayAddresses: readonly string[];
  /** Ed25519 key of this tab's peer id; a fresh one otherwise. Two tabs must not share one. */
  readonly privateKey?: PrivateKey;
  /** Tabs meet only others of the same namespace; chain id and contract address make a good one. */
  readonly namespace: string;
  readonly iceServers?: readonly RTCIceServer[];
}

/** Resolves at once; relays and peers come as they can. Errors: a relay address that cannot be one. */
export async function createTabWire(options: TabWireOptions): Promise<Wire> {
  const relays = options.relayAddresses.map((address) => ({ address: multiaddr(address), origin: relayOrigin(address) }));
  const relayPeers = new Set(relays.map(({ address }) => address.getComponents().findLast(({ name }) => name === 'p2p')?.value ?? ''));
  const node = await createTabNode(options);
  const stopRedialing = stayConnected(
    node,
    relays.map(({ address }) => address),
  );
  const meeting = meetPeers({ node, relays, relayPeers, namespace: options.namespace });
  return libp2pWire({
    node,
    relayPeers,
    namespace: options.namespace,
    dial: meeting.dial,
    stop: async () => {
      stopRedialing();
      meeting.stop();
      await node.stop();
    },
  });
}
