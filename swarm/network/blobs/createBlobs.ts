/** Blobs over any wire and store: own store first, then peers, then the relays' hubs. Every byte is checked. */
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { Blobs } from '../mesh.ts';
import { BlobUnavailableError, MessageTooLargeError, StoreFullError } from '../networkErrors.ts';
import { networkLimits as limits } from '../networkLimits.ts';
import type { Traffic } from '../traffic.ts';
import type { Wire } from '../wire.ts';
import type { BlobHub } from './blobHub.ts';
import { blobHolders } from './blobHolders.ts';
import { openProvider } from './blobProvider.ts';
import type { BlobStore } from './blobStore.ts';
import { downloadFromPeers } from './downloadFromPeers.ts';
import { isHash, sha256 } from './sha256.ts';
import { pinLater } from './pinLater.ts';
import { serveBlobs } from './serveBlobs.ts';

export interface BlobsOptions {
  readonly wire: Wire;
  readonly traffic: Traffic;
  readonly store: BlobStore;
  readonly hubs: readonly BlobHub[];
}

type Progress = (done: number, total: number) => void;
interface Failure {
  readonly who: string;
  readonly said: string;
}

/** A circuit through the relay is for small things; larger blobs go by the hub. */
const RELAYED_BLOB_BYTES = 512 * 1024;

export function createBlobs({ wire, traffic, store, hubs }: BlobsOptions): Blobs & { stop(): void } {
  const distrusted = new Set<string>();
  const holders = blobHolders(wire);
  const stopServing = serveBlobs(wire, store, traffic);
  const pins = pinLater(async (hash) => {
    const size = await store.size(hash);
    const bytes = size === null ? null : await store.read(hash, 0, size);
    if (bytes) await pinAtHubs(hubs, hash, bytes);
  });
  const fetching = new Map<Hash, Fetching>();

  /** What was stored long ago is checked again: a disk may have lost it. */
  const own = async (hash: Hash): Promise<Uint8Array | null> => {
    const size = await store.size(hash);
    const bytes = size === null ? null : await store.read(hash, 0, size);
    if (bytes === null || (await sha256(bytes)) === hash) return bytes;
    await store.remove(hash);
    return null;
  };

  const keep = async (hash: Hash, bytes: Uint8Array) => {
    try {
      await store.write(hash, bytes);
      holders.announce(hash);
    } catch (error) {
      // The caller still gets what it asked for; it is only not kept.
      if (!(error instanceof StoreFullError)) throw error;
    }
  };

  const fromPeers = (hash: Hash, from: readonly string[], onProgress: Progress, failures: Failure[], signal: AbortSignal) => {
    const connected = wire
      .peers()
      .filter(({ path }) => path === 'direct')
      .map(({ id }) => id);
    const peers = [...from, ...holders.of(hash), ...connected].filter((peer) => peer !== wire.id && !distrusted.has(peer));
    return downloadFromPeers({
      hash,
      peers,
      signal,
      onProgress,
      open: async (peer) => {
        const provider = await openProvider(wire, traffic, peer, hash, signal);
        const relayed = wire.peers().some(({ id, path }) => id === peer && path === 'relayed');
        if (!provider || !relayed || provider.size <= RELAYED_BLOB_BYTES) return provider;
        provider.close();
        throw new Error(`is only reached through the relay, too narrow for ${provider.size} bytes`);
      },
      onFailure: (peer, said, lied) => {
        if (lied) distrusted.add(peer);
        failures.push({ who: `peer ${peer}`, said });
      },
    });
  };

  const fromHubs = async (hash: Hash, onProgress: Progress, failures: Failure[], signal: AbortSignal) => {
    for (const hub of hubs) {
      try {
        const bytes = await hub.get(hash, onProgress, signal);
        if (bytes && (await sha256(bytes)) === hash) return bytes;
        failures.push({ who: hub.name, said: bytes ? 'sent other bytes than the hash names' : 'has none' });
      } catch (error) {
        signal.throwIfAborted();
        failures.push({ who: hub.name, said: reasonOf(error) });
      }
    }
    return null;
  };

  const fetchBlob = async (hash: Hash, from: readonly string[], sealed: boolean, onProgress: Progress, signal: AbortSignal) => {
    const failures: Failure[] = [];
    const bytes = (await fromPeers(hash, from, onProgress, failures, signal)) ?? (await fromHubs(hash, onProgress, failures, signal));
    if (!bytes) throw new BlobUnavailableError(hash, failures);
    if (!sealed) await keep(hash, bytes);
    return bytes;
  };

  return {
    has: async (hash) => (await store.size(hash)) !== null,
    put: async (bytes, options) => {
      if (bytes.length > limits.blobBytes) throw new MessageTooLargeError('a blob', bytes.length, limits.blobBytes);
      const hash = await sha256(bytes);
      await store.write(hash, bytes);
      if (!options?.sealed) holders.announce(hash);
      if (!options?.pin) return hash;
      try {
        await pinAtHubs(hubs, hash, bytes);
      } catch (error) {
        if (hubs.length > 0) pins.owe(hash);
        throw error;
      }
      return hash;
    },
    get: async (hash, options = {}) => {
      if (!isHash(hash)) throw new Error(`${String(hash).slice(0, 80)} is not a hash: 0x and 64 lower-case hex digits`);
      options.signal?.throwIfAborted();
      const here = await own(hash);
      if (here) {
        options.onProgress?.(here.length, here.length);
        return here;
      }
      let shared: Fetching | undefined = fetching.get(hash);
      if (!shared) {
        const started = startFetching(
          (onProgress, signal) => fetchBlob(hash, options.from ?? [], options.sealed === true, onProgress, signal),
          () => {
            if (fetching.get(hash) === started) fetching.delete(hash);
          },
        );
        fetching.set(hash, started);
        shared = started;
      }
      return shared.join(options.onProgress, options.signal);
    },
    traffic: () => ({ ...traffic }),
    stop: () => {
      stopServing();
      pins.stop();
      holders.stop();
      for (const shared of fetching.values()) shared.cancel();
    },
  };
}

async function pinAtHubs(hubs: readonly BlobHub[], hash: Hash, bytes: Uint8Array): Promise<void> {
  if (hubs.length === 0) throw new Error('no relay is known that could pin a blob; it is stored here only');
  const results = await Promise.allSettled(hubs.map((hub) => hub.put(hash, bytes)));
  const refusals = results.flatMap((result, index) => (result.status === 'rejected' ? [`${hubs[index]?.name}: ${reasonOf(result.reason)}`] : []));
  if (refusals.length === hubs.length) throw new Error(`no relay pinned blob ${hash}; it is stored here only (${refusals.join('; ')})`);
}

/** One download that several callers wait for; it is stopped when the last of them gives up. */
interface Fetching {
  join(onProgress: Progress | undefined, signal: AbortSignal | undefined): Promise<Uint8Array>;
  cancel(): void;
}

function startFetching(run: (onProgress: Progress, signal: AbortSignal) => Promise<Uint8Array>, onEnd: () => void): Fetching {
  const stopping = new AbortController();
  const listeners = new Set<Progress>();
  let waiters = 0;
  let joined = 0;
  const result = run((done, total) => {
    for (const listener of listeners) listener(done, total);
  }, stopping.signal).finally(onEnd);
  return {
    cancel: () => stopping.abort(new Error('the node stops')),
    join: (onProgress, signal) => {
      const first = joined++ === 0;
      waiters++;
      if (onProgress) listeners.add(onProgress);
      return new Promise<Uint8Array>((resolve, reject) => {
        const onAbort = () => {
          reject(signal?.reason);
          waiters--;
          if (waiters > 0) return;
          onEnd();
          stopping.abort(signal?.reason);
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        // A caller may hand its bytes over to a worker: no two get the same buffer.
        result
          .then((bytes) => resolve(first ? bytes : bytes.slice()), reject)
          .finally(() => {
            signal?.removeEventListener('abort', onAbort);
            if (onProgress) listeners.delete(onProgress);
          });
      });
    },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
