/** Who is at a relay now, as its `/api/roster` tells. */
import { peerIdFromString } from '@libp2p/peer-id';

export interface Roster {
  readonly namespace: string;
  readonly peers: readonly {
    readonly id: string;
    readonly addresses: readonly string[];
    /** Unix milliseconds at which the relay's reservation for the peer ends. */
    readonly expires: number;
  }[];
}

const ROSTER_BYTES = 4 * 1024 * 1024;

/** Peer ids at the relay; entries that are not one are left out. Errors: the relay cannot be reached or answers nonsense. */
export async function readRoster(origin: string, namespace: string, signal: AbortSignal): Promise<readonly string[]> {
  const response = await fetch(`${origin}/api/roster?namespace=${encodeURIComponent(namespace)}`, { signal, cache: 'no-store' });
  if (!response.ok) throw new Error(`the relay at ${origin} answered ${response.status} for its roster`);
  const text = await response.text();
  if (text.length > ROSTER_BYTES) throw new Error(`the roster of ${origin} has ${text.length} characters`);
  return parseRoster(text);
}

export function parseRoster(text: string): readonly string[] {
  const roster: unknown = JSON.parse(text);
  if (!isRecord(roster) || !Array.isArray(roster['peers'])) throw new Error('a roster is an object with a list of peers');
  return roster['peers'].flatMap((peer: unknown) => (isRecord(peer) && typeof peer['id'] === 'string' && isPeerId(peer['id']) ? [peer['id']] : []));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isPeerId(text: string): boolean {
  try {
    return peerIdFromString(text).toString() === text;
  } catch {
    return false;
  }
}
