/** Keeps a connection to each relay: a tab does not come back to a restarted relay by itself. */
import type { Multiaddr } from '@multiformats/multiaddr';
import { peerIdFromString } from '@libp2p/peer-id';
import type { TabNode } from './createTabNode.ts';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
/** How often a live connection is looked at, besides the event that announces its end. */
const WATCH_MS = 5000;

/** Returns what stops the redialing. */
export function stayConnected(node: TabNode, relays: readonly Multiaddr[]): () => void {
  const stopping = new AbortController();
  for (const relay of relays) void keepOne(node, relay, stopping.signal);
  return () => stopping.abort();
}

async function keepOne(node: TabNode, relay: Multiaddr, signal: AbortSignal): Promise<void> {
  const id = relay.getComponents().findLast(({ name }) => name === 'p2p')?.value ?? '';
  const peer = peerIdFromString(id);
  const connected = () => node.getConnections(peer).some(({ status }) => status === 'open');
  let waitMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    if (connected()) {
      waitMs = FIRST_WAIT_MS;
      await connectionLost(node, id, signal);
      continue;
    }
    try {
      await node.dial(relay, { signal });
    } catch {
      // The relay is away; the wait doubles until it is back.
      await pause(waitMs, signal);
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    }
  }
}

/** Resolves when a connection to the peer closes, when it is time to look again, or when stopping. */
async function connectionLost(node: TabNode, id: string, signal: AbortSignal): Promise<void> {
  const waiting = new AbortController();
  const end = AbortSignal.any([signal, waiting.signal]);
  node.addEventListener(
    'connection:close',
    ({ detail }) => {
      if (detail.remotePeer.toString() === id) waiting.abort();
    },
    { signal: end },
  );
  await pause(WATCH_MS, end);
  waiting.abort();
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
