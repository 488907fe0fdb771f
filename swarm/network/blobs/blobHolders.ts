/** Who said to hold which blob: announcements over gossip, kept within limits. Hearsay: it only orders whom to ask first. */
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { Wire } from '../wire.ts';
import { hashBytes, toHash } from '#swarm/protocol/hex.ts';

const TOPIC = 'blobs';
const HASHES_PER_MESSAGE = 1024;
const GATHER_MS = 200;
/** At most so often a newcomer makes everyone repeat what they hold. */
const REPEAT_MS = 15_000;
const REMEMBERED_BLOBS = 20_000;
const HOLDERS_PER_BLOB = 16;

export interface BlobHolders {
  of(hash: Hash): readonly string[];
  /** Says soon that this node holds it. */
  announce(hash: Hash): void;
  stop(): void;
}

export function blobHolders(wire: Wire): BlobHolders {
  const holders = new Map<Hash, Set<string>>();
  const mine = new Set<Hash>();
  let fresh: Hash[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastRepeat = 0;
  let met = new Set<string>();

  const flush = () => {
    timer = undefined;
    for (let at = 0; at < fresh.length; at += HASHES_PER_MESSAGE) {
      // Nobody may be there to hear it: whoever comes later makes us repeat it.
      void wire.publish(TOPIC, writeHashes(fresh.slice(at, at + HASHES_PER_MESSAGE))).catch(() => {});
    }
    fresh = [];
  };
  const flushAfter = (ms: number) => {
    timer ??= setTimeout(flush, ms);
  };

  const stopListening = wire.subscribe(TOPIC, (message, from) => {
    for (const hash of readHashes(message)) {
      const known = holders.get(hash) ?? new Set();
      if (known.size < HOLDERS_PER_BLOB) known.add(from);
      holders.delete(hash);
      holders.set(hash, known);
    }
    for (const oldest of holders.keys()) {
      if (holders.size <= REMEMBERED_BLOBS) break;
      holders.delete(oldest);
    }
  });
  const stopMeeting = wire.onPeers(() => {
    const now = new Set(wire.peers().map(({ id }) => id));
    const newcomer = [...now].some((id) => !met.has(id));
    met = now;
    if (!newcomer || mine.size === 0) return;
    fresh = [...mine].slice(-4 * HASHES_PER_MESSAGE);
    flushAfter(Math.max(GATHER_MS, lastRepeat + REPEAT_MS - Date.now()));
    lastRepeat = Date.now();
  });

  return {
    of: (hash) => [...(holders.get(hash) ?? [])],
    announce: (hash) => {
      mine.add(hash);
      fresh.push(hash);
      flushAfter(GATHER_MS);
    },
    stop: () => {
      clearTimeout(timer);
      stopListening();
      stopMeeting();
    },
  };
}

function writeHashes(hashes: readonly Hash[]): Uint8Array {
  const message = new Uint8Array(32 * hashes.length);
  hashes.forEach((hash, index) => message.set(hashBytes(hash), 32 * index));
  return message;
}

/** None where the message is not a list of hashes. */
function readHashes(message: Uint8Array): readonly Hash[] {
  if (message.length % 32 !== 0 || message.length > 32 * HASHES_PER_MESSAGE) return [];
  return Array.from({ length: message.length / 32 }, (_, index) => toHash(message.subarray(32 * index, 32 * index + 32)));
}
