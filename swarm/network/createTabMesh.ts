/** Joins the mesh from a browser tab: relays to meet at, direct WebRTC to the others. */
import type { PrivateKey } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import type { BlobStore } from './blobs/blobStore.ts';
import { createBlobs } from './blobs/createBlobs.ts';
import { httpBlobHub } from './blobs/httpBlobHub.ts';
import { openTabBlobStore } from './blobs/openTabBlobStore.ts';
import { createMesh } from './createMesh.ts';
import { createTabNode } from './createTabNode.ts';
import { libp2pWire } from './libp2pWire.ts';
import { meetPeers } from './meetPeers.ts';
import type { Blobs, Mesh } from './mesh.ts';
import { relayOrigin } from './relayOrigin.ts';
import { stayConnected } from './stayConnected.ts';

export interface TabMeshOptions {
  /** Multiaddrs of relays with their peer ids. The tab keeps a connection to each, and redials one that is lost. */
  readonly relayAddresses: readonly string[];
  /** Ed25519 key of this tab's peer id; a fresh one otherwise. Two tabs must not share one. */
  readonly privateKey?: PrivateKey;
  /** Tabs meet only others of the same namespace; chain id and contract address make a good one. */
  readonly namespace: string;
  readonly iceServers?: readonly RTCIceServer[];
  /** Where blobs are kept; OPFS, or memory where the browser has none, when left out. */
  readonly store?: BlobStore;
}

/**
 * Resolves at once; relays and peers come as they can (`mesh.onPeers`). Errors: a relay address that cannot be one.
 */
export async function createTabMesh(options: TabMeshOptions): Promise<{ mesh: Mesh; blobs: Blobs }> {
  const relays = options.relayAddresses.map((address) => ({ address: multiaddr(address), origin: relayOrigin(address) }));
  const relayPeers = new Set(relays.map(({ address }) => address.getComponents().findLast(({ name }) => name === 'p2p')?.value ?? ''));
  const node = await createTabNode(options);
  const stopRedialing = stayConnected(node, relays.map(({ address }) => address));
  const meeting = meetPeers({ node, relays, relayPeers, namespace: options.namespace });
  const wire = libp2pWire({
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
  const traffic = { sent: 0, received: 0 };
  const mesh = createMesh(wire, traffic);
  const blobs = createBlobs({
    wire,
    traffic,
    store: options.store ?? (await openTabBlobStore()),
    hubs: relays.map(({ origin }) => httpBlobHub(origin, traffic)),
  });
  const stop = async () => {
    blobs.stop();
    await mesh.stop();
  };
  return { mesh: { ...mesh, stop }, blobs };
}
