/**
 * Finds the other tabs of a namespace (the relays' rosters, and presence over gossip), and keeps direct links to the
 * chosen neighbours among them. The lower peer id dials, or both ends would leave a duplicate.
 */
import type { Connection } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import type { TabNode } from './createTabNode.ts';
import { isDirect } from './libp2pWire.ts';
import { neighbours } from './neighbours.ts';
import { presenceTopic, readPresence, writePresence } from './presence.ts';
import { readRoster } from './roster.ts';

const LOOK_MS = 1000;
/** With all its links up a tab asks the roster only each so many looks: a thousand tabs ask one relay. */
const LAZY_LOOKS = 10;
const PRESENCE_MS = 10_000;
/** A peer that no roster or presence named for this long is forgotten. */
const FORGET_MS = 45_000;
/** The higher id dials too when the lower has not managed for this long. */
const PATIENCE_MS = 15_000;
const CLOSE_RELAYED_MS = 2000;
const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 60_000;
const ROSTER_TIMEOUT_MS = 5000;
/** How long a caller waits for a direct link before it makes do with the circuit; the dial itself goes on. */
const DIRECT_PATIENCE_MS = 6000;
const KNOWN_PEERS = 2000;

interface Acquaintance {
  readonly firstSeen: number;
  lastSeen: number;
  retryAt: number;
  /** Direct dials that failed since the last that worked. */
  failures: number;
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
    else if (known.size < KNOWN_PEERS) known.set(id, { firstSeen: now, lastSeen: now, retryAt: 0, failures: 0 });
  };

  const addressesOf = (peer: string, way: string) => relays.map(({ address }) => multiaddr(`${address.toString()}${way}/p2p/${peer}`));
  const openConnection = (peer: string) => node.getConnections(peerIdFromString(peer)).find(({ status }) => status === 'open');

  const dialDirect = (peer: string): Promise<Connection> => {
    const going = dialing.get(peer);
    if (going) return going;
    const dial = (async () => {
      // A circuit that the direct dial opened itself would die with it when it fails, under questions that use it.
      if (!openConnection(peer)) await node.dial(addressesOf(peer, '/p2p-circuit'), { signal: stopping.signal });
      return node.dial(addressesOf(peer, '/p2p-circuit/webrtc'), { signal: stopping.signal, force: true });
    })().finally(() => dialing.delete(peer));
    dialing.set(peer, dial);
    const acquaintance = known.get(peer);
    dial.catch(() => {
      if (acquaintance) holdBack(acquaintance);
    });
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
      // How it ended is noted with the acquaintance.
      dialDirect(id).catch(() => {});
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
    const acquaintance = known.get(detail.remotePeer.toString());
    if (isDirect(detail)) {
      leaveCircuit(detail);
      if (acquaintance) acquaintance.failures = 0;
    } else if (relayPeers.has(detail.remotePeer.toString())) {
      void look();
    }
  });
  let looks = 0;
  const looking = setInterval(() => {
    const settled = known.size > 0 && neighbours(self, [...known.keys()]).every(isConnected);
    if (!settled || ++looks % LAZY_LOOKS === 0) void look();
  }, LOOK_MS);
  const greeting = setInterval(sayHello, PRESENCE_MS);
  void look();

  return {
    dial: async (peer, signal) => {
      if (relays.length === 0) throw new Error('no relay is known to meet it at');
      const viaCircuit = () => openConnection(peer) ?? node.dial(addressesOf(peer, '/p2p-circuit'), { signal });
      // Where direct did not work lately its dials go on in the background, and nobody waits for them.
      if (known.get(peer)?.failures) return viaCircuit();
      try {
        return await raceAbort(dialDirect(peer), AbortSignal.any([signal, AbortSignal.timeout(DIRECT_PATIENCE_MS)]));
      } catch {
        signal.throwIfAborted();
        const acquaintance = known.get(peer);
        // The next caller need not wait as long again.
        if (acquaintance && !isConnected(peer)) acquaintance.failures = Math.max(acquaintance.failures, 1);
        return viaCircuit();
      }
    },
    stop: () => {
      stopping.abort();
      clearInterval(looking);
      clearInterval(greeting);
    },
  };
}

function holdBack(acquaintance: Acquaintance): void {
  acquaintance.retryAt = Date.now() + Math.min(FIRST_RETRY_MS * 2 ** acquaintance.failures, LONGEST_RETRY_MS);
  acquaintance.failures++;
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
