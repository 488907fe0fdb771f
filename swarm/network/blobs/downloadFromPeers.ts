/**
 * One blob from several peers at once. Each peer describes the blob (size, chunk hashes); those whose descriptions are
 * equal share the chunks among them, each chunk is checked as it comes, and the whole against the blob's hash.
 */
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { MalformedMessageError } from '../networkErrors.ts';
import { networkLimits as limits } from '../networkLimits.ts';
import type { BlobProvider } from './blobProvider.ts';
import { sha256 } from './sha256.ts';

/** How long slower peers are waited for once one has described the blob. */
const LATECOMER_MS = 300;

export interface DownloadOptions {
  readonly hash: Hash;
  /** Peers to ask, the likeliest first. */
  readonly peers: readonly string[];
  /** Null: the peer has none. Errors: it cannot be reached, or talks nonsense. */
  readonly open: (peer: string) => Promise<BlobProvider | null>;
  readonly onProgress: (done: number, total: number) => void;
  /** Called once for each peer that did not help, with the reason; `lied` when its bytes were not the blob's. */
  readonly onFailure: (peer: string, reason: string, lied: boolean) => void;
  readonly signal: AbortSignal;
}

/** The verified bytes, or null when no peer could give them. Errors: only the signal's. */
export async function downloadFromPeers(options: DownloadOptions): Promise<Uint8Array | null> {
  const waiting = [...new Set(options.peers)];
  while (waiting.length > 0) {
    const batch = waiting.splice(0, 2 * limits.blobProviders);
    const { providers, silent } = await openSome(options, batch);
    try {
      for (const group of groupByDescription(providers)) {
        options.signal.throwIfAborted();
        const bytes = await downloadFromGroup(options, group);
        if (bytes) return bytes;
      }
    } finally {
      for (const provider of providers) provider.close();
    }
    options.signal.throwIfAborted();
    waiting.push(...silent);
  }
  return null;
}

/** Asks a batch at once. When one has the blob the others get a moment more: one dead peer must not hold everybody up. */
function openSome(options: DownloadOptions, batch: readonly string[]): Promise<{ readonly providers: readonly BlobProvider[]; readonly silent: readonly string[] }> {
  return new Promise((resolve) => {
    const providers: BlobProvider[] = [];
    const silent = new Set(batch);
    let finished = false;
    const finish = () => {
      finished = true;
      resolve({ providers, silent: [...silent] });
    };
    for (const peer of batch) {
      void openOne(options, peer).then((provider) => {
        if (finished) return provider?.close();
        silent.delete(peer);
        if (provider && providers.push(provider) === 1) setTimeout(finish, LATECOMER_MS);
        if (silent.size === 0) finish();
      });
    }
  });
}

async function openOne({ open, onFailure }: DownloadOptions, peer: string): Promise<BlobProvider | null> {
  try {
    const provider = await open(peer);
    if (provider === null) onFailure(peer, 'has none', false);
    return provider;
  } catch (error) {
    onFailure(peer, reasonOf(error), error instanceof MalformedMessageError);
    return null;
  }
}

/** The largest group first: a lone liar waits behind those who agree. */
function groupByDescription(providers: readonly BlobProvider[]): readonly (readonly BlobProvider[])[] {
  const groups = new Map<Hash, BlobProvider[]>();
  for (const provider of providers) {
    const group = groups.get(provider.description) ?? [];
    groups.set(provider.description, group);
    if (group.length < limits.blobProviders) group.push(provider);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}

async function downloadFromGroup(options: DownloadOptions, group: readonly BlobProvider[]): Promise<Uint8Array | null> {
  const first = group[0];
  if (!first) return null;
  const bytes = new Uint8Array(first.size);
  const todo = Array.from({ length: first.chunks }, (_, chunk) => chunk).reverse();
  let done = 0;
  const failed = new Set<string>();

  /** One lane keeps one chunk of its provider under way; a failed chunk goes back for another provider's lane. */
  const lane = async (provider: BlobProvider) => {
    while (!failed.has(provider.peer)) {
      const chunk = todo.pop();
      if (chunk === undefined) return;
      try {
        const piece = await provider.chunk(chunk);
        bytes.set(piece, chunk * limits.blobChunkBytes);
        done += piece.length;
        options.onProgress(done, first.size);
      } catch (error) {
        todo.push(chunk);
        if (failed.has(provider.peer)) return;
        failed.add(provider.peer);
        options.onFailure(provider.peer, reasonOf(error), error instanceof MalformedMessageError);
      }
    }
  };
  const lanes = () => group.filter(({ peer }) => !failed.has(peer)).flatMap((provider) => Array.from({ length: limits.blobChunksInFlight }, () => lane(provider)));
  // A lane that failed late may hand back a chunk after the other lanes have found nothing to do.
  while (todo.length > 0 && failed.size < group.length) await Promise.all(lanes());
  options.signal.throwIfAborted();
  if (todo.length > 0) return null;
  if ((await sha256(bytes)) === options.hash) return bytes;
  for (const { peer } of group) if (!failed.has(peer)) options.onFailure(peer, 'its bytes are not those of the hash', true);
  return null;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
