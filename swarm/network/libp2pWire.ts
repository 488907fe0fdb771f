/** Wire over a libp2p node: direct WebRTC where there is one, the relay's circuit for what is small. */
import type { Connection, Stream } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { libp2pStream } from './libp2pStream.ts';
import type { PeerView } from './mesh.ts';
import { PeerUnreachableError } from './networkErrors.ts';
import type { TabNode } from './createTabNode.ts';
import type { Wire } from './wire.ts';

/** Inbound streams of one protocol on one connection at a time. */
const STREAMS_PER_PROTOCOL = 256;
const OPEN_MS = 15_000;

export interface Libp2pWireOptions {
  readonly node: TabNode;
  readonly relayPeers: ReadonlySet<string>;
  /** Prefix of every topic, so that two deployments behind one relay do not hear each other. */
  readonly namespace: string;
  /** Makes a connection to a peer that has none. Errors: says why it cannot. */
  readonly dial: (peer: string, signal: AbortSignal) => Promise<Connection>;
  readonly stop: () => Promise<void>;
}

export function libp2pWire({ node, relayPeers, namespace, dial, stop }: Libp2pWireOptions): Wire {
  const subscribers = new Map<string, Set<(message: Uint8Array, from: string) => void>>();
  const pubsub = node.services.pubsub;
  const named = (topic: string) => `tutti/${namespace}/${topic}`;
  pubsub.addEventListener('message', ({ detail }) => {
    if (detail.type !== 'signed') return;
    for (const listener of subscribers.get(detail.topic) ?? []) listener(detail.data, detail.from.toString());
  });

  return {
    id: node.peerId.toString(),
    peers: () => peerViews(node.getConnections(), relayPeers),
    onPeers: (listener) => {
      node.addEventListener('connection:open', listener);
      node.addEventListener('connection:close', listener);
      return () => {
        node.removeEventListener('connection:open', listener);
        node.removeEventListener('connection:close', listener);
      };
    },
    open: async (peer, protocol, signal, patient = false) => {
      // A peer that vanished is noticed late by WebRTC: opening a stream must not wait for that.
      const opening = AbortSignal.any([signal, AbortSignal.timeout(OPEN_MS)]);
      for (let attempt = 1; ; attempt++) {
        let connection: Connection | undefined;
        try {
          const best = bestConnection(node, peer);
          connection = best && !(patient && best.limits) ? best : await dial(peer, opening);
          return libp2pStream(await connection.newStream(protocol, { signal: opening, runOnLimitedConnection: true, maxOutboundStreams: STREAMS_PER_PROTOCOL }));
        } catch (error) {
          // The connection may have ended just as it was chosen: once more, over another.
          const ended = connection !== undefined && connection.status !== 'open';
          if (attempt === 2 || !ended || opening.aborted) throw new PeerUnreachableError(peer, reasonOf(error));
        }
      }
    },
    handle: (protocol, handler) => {
      const onStream = async (stream: Stream, connection: Connection) => {
        const bytes = libp2pStream(stream);
        try {
          await handler(bytes, connection.remotePeer.toString());
        } catch (error) {
          bytes.abort(error instanceof Error ? error : new Error(String(error)));
        }
      };
      void node.handle(protocol, onStream, { runOnLimitedConnection: true, maxInboundStreams: STREAMS_PER_PROTOCOL, maxOutboundStreams: STREAMS_PER_PROTOCOL });
      return () => void node.unhandle(protocol);
    },
    publish: async (topic, message) => {
      await pubsub.publish(named(topic), message);
    },
    subscribe: (plainTopic, listener) => {
      const topic = named(plainTopic);
      const listeners = subscribers.get(topic) ?? new Set();
      subscribers.set(topic, listeners);
      listeners.add(listener);
      if (listeners.size === 1) pubsub.subscribe(topic);
      return () => {
        if (!listeners.delete(listener) || listeners.size > 0) return;
        subscribers.delete(topic);
        pubsub.unsubscribe(topic);
      };
    },
    stop,
  };
}

/** WebRTC, and without a relay's limits on bytes and time. */
export function isDirect(connection: Connection): boolean {
  return connection.limits === undefined && connection.remoteAddr.getComponents().some(({ name }) => name === 'webrtc');
}

function bestConnection(node: TabNode, peer: string): Connection | undefined {
  const open = node.getConnections(peerIdFromString(peer)).filter(({ status }) => status === 'open');
  return open.find(({ limits }) => limits === undefined) ?? open[0];
}

/** One view a peer: its best path. */
function peerViews(connections: readonly Connection[], relayPeers: ReadonlySet<string>): readonly PeerView[] {
  const best = new Map<string, PeerView>();
  for (const connection of connections) {
    if (connection.status !== 'open') continue;
    const id = connection.remotePeer.toString();
    const path = relayPeers.has(id) ? 'relay' : isDirect(connection) ? 'direct' : 'relayed';
    if (path === 'relayed' && best.has(id)) continue;
    best.set(id, { id, path, address: connection.remoteAddr.toString() });
  }
  return [...best.values()];
}

/** libp2p rejects with plain events where a browser's transport failed. */
function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return error instanceof Event ? `its connection ended (${error.type})` : String(error);
}
