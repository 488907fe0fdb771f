/**
 * Finds the other tabs of a namespace (the relays' rosters, and presence over gossip), and keeps direct links to the
 * chosen neighbours among them. The lower peer id dials, or both ends would leave a duplicate.
 */
import type { Connection } from '@libp2p/interface';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import type { TabNode } from './createTabNode.ts';
import { isDirect } from './libp2pWire.ts';
import { neighbours } from './neighbours.ts';
import { presenceTopic, readPresence, writePresence } from './presence.ts';
import { readRoster } from './roster.ts';

const LOOK_MS = 2000;
const PRESENCE_MS = 10_000;
/** A peer that no roster or presence named for this long is forgotten. */
const FORGET_MS = 45_000;
/** The higher id dials too when the lower has not managed for this long. */
const PATIENCE_MS = 15_000;
const CLOSE_RELAYED_MS = 2000;
const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 60_000;
const ROSTER_TIMEOUT_MS = 5000;
const KNOWN_PEERS = 2000;

interface Acquaintance {
  readonly firstSeen: number;
  lastSeen: number;
  retryAt: number;
  retryMs: number;
}

export interface MeetOptions {
  readonly node: TabNode;
  readonly relays: readonly { readonly address: Multiaddr; readonly origin: string }[];
  readonly relayPeers: ReadonlySet<string>;
  readonly namespace: string;
}

export interface Meeting {
  /** A connection to the peer: direct if that works, else through a relay. Errors: why neither works. */
  dial(peer: string, signal: AbortSignal): Promise<Connection>;
  stop(): void;
}

export function meetPeers({ node, relays, relayPeers, namespace }: MeetOptions): Meeting {
  const self = node.peerId.toString();
  const topic = presenceTopic(namespace);
  const pubsub = node.services.pubsub;
  const known = new Map<string, Acquaintance>();
  const dialing = new Map<string, Promise<Connection>>();
  const stopping = new AbortController();

  const note = (id: string) => {
    if (id === self || relayPeers.has(id)) return;
    const now = Date.now();
    const before = known.get(id);
    if (before) before.lastSeen = now;
    else if (known.size < KNOWN_PEERS) known.set(id, { firstSeen: now, lastSeen: now, retryAt: 0, retryMs: FIRST_RETRY_MS });
  };

  const dialDirect = (peer: string): Promise<Connection> => {
    const going = dialing.get(peer);
    if (going) return going;
    const addresses = relays.map(({ address }) => multiaddr(`${address.toString()}/p2p-circuit/webrtc/p2p/${peer}`));
    const dial = node.dial(addresses, { signal: stopping.signal, force: true }).finally(() => dialing.delete(peer));
    dialing.set(peer, dial);
    return dial;
  };

  const isConnected = (id: string) => node.getConnections().some((connection) => connection.remotePeer.toString() === id && isDirect(connection));

  const linkUp = () => {
    const now = Date.now();
    for (const [id, acquaintance] of known) if (now - acquaintance.lastSeen > FORGET_MS) known.delete(id);
    for (const id of neighbours(self, [...known.keys()])) {
      const acquaintance = known.get(id);
      if (!acquaintance || isConnected(id) || dialing.has(id) || now < acquaintance.retryAt) continue;
      if (self > id && now - acquaintance.firstSeen < PATIENCE_MS) continue;
      dialDirect(id).then(
        () => {
          acquaintance.retryMs = FIRST_RETRY_MS;
        },
        () => {
          acquaintance.retryAt = Date.now() + acquaintance.retryMs;
          acquaintance.retryMs = Math.min(2 * acquaintance.retryMs, LONGEST_RETRY_MS);
        },
      );
    }
  };

  const look = async () => {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(ROSTER_TIMEOUT_MS)]);
    await Promise.allSettled(relays.map(async ({ origin }) => (await readRoster(origin, namespace, signal)).forEach(note)));
    if (!stopping.signal.aborted) linkUp();
  };

  const sayHello = () => void pubsub.publish(topic, writePresence()).catch(() => {});

  /** Relayed bytes are the relay's; what is under way gets a moment to finish. */
  const leaveCircuit = (direct: Connection) => {
    setTimeout(() => {
      for (const connection of node.getConnections(direct.remotePeer)) if (connection.limits) void connection.close().catch(() => {});
    }, CLOSE_RELAYED_MS);
  };

  pubsub.subscribe(topic);
  pubsub.addEventListener('message', ({ detail }) => {
    if (detail.type === 'signed' && detail.topic === topic && readPresence(detail.data)) note(detail.from.toString());
  });
  node.addEventListener('connection:open', ({ detail }) => {
    if (isDirect(detail)) leaveCircuit(detail);
    else if (relayPeers.has(detail.remotePeer.toString())) void look();
  });
  const looking = setInterval(() => void look(), LOOK_MS);
  const greeting = setInterval(sayHello, PRESENCE_MS);
  void look();

  return {
    dial: async (peer, signal) => {
      try {
        return await raceAbort(dialDirect(peer), signal);
      } catch (error) {
        if (signal.aborted || relays.length === 0) throw error;
        const circuits = relays.map(({ address }) => multiaddr(`${address.toString()}/p2p-circuit/p2p/${peer}`));
        return node.dial(circuits, { signal });
      }
    },
    stop: () => {
      stopping.abort();
      clearInterval(looking);
      clearInterval(greeting);
    },
  };
}

/** The dial goes on for others who wait for it; only this caller gives up. */
function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
