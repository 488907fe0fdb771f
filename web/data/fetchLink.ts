/** Data from a link: an https address with its SHA-256, or a CID, whose bytes the mesh may hold. Checked on arrival. */
import { sha256 } from '@noble/hashes/sha2.js';
import { toHash } from '#swarm/protocol/hex.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { DataError } from './dataError.ts';
import type { Progress } from './readDataset.ts';

const MAX_BYTES = 1024 ** 3;
const RAW = 0x55;
const SHA2_256 = 0x12;

/** The SHA-256 in a CID of raw bytes. Errors: DataError for other CIDs, whose hash is not that of the file. */
async function hashOfCid(text: string): Promise<Hash> {
  const { CID } = await import('multiformats/cid');
  let cid: ReturnType<typeof CID.parse>;
  try {
    cid = CID.parse(text);
  } catch {
    throw new DataError(`${text} is neither an https address nor a CID`);
  }
  if (cid.code !== RAW || cid.multihash.code !== SHA2_256) {
    throw new DataError(`the CID ${text} names a directory tree, not the file's bytes. Give a gateway's https address of the file and its SHA-256 instead.`);
  }
  return toHash(cid.multihash.digest);
}

async function expectedHash(text: string): Promise<Hash | null> {
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/^(sha256[:-]|0x)/, '');
  if (plain === '') return null;
  return /^[0-9a-f]{64}$/.test(plain) ? `0x${plain}` : hashOfCid(text.trim());
}

async function download(address: string, onProgress: Progress, signal?: AbortSignal): Promise<{ bytes: Uint8Array<ArrayBuffer>; hash: Hash }> {
  let response: Response;
  try {
    response = await fetch(address, { ...(signal ? { signal } : {}), credentials: 'omit', referrerPolicy: 'no-referrer' });
  } catch (error) {
    signal?.throwIfAborted();
    throw new DataError(
      `${address} cannot be fetched (${error instanceof Error ? error.message : 'no connection'}). Its host may not allow other pages to read it: download the file and choose it here.`,
    );
  }
  if (!response.ok || !response.body) throw new DataError(`${address} answered ${response.status} ${response.statusText}. Check the address.`);
  const total = Number(response.headers.get('content-length') ?? 0);
  const hasher = sha256.create();
  const parts: Uint8Array[] = [];
  let done = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    done += part.value.length;
    if (done > MAX_BYTES) {
      await reader.cancel();
      throw new DataError(`${address} is over 1 GiB. Choose a smaller file.`);
    }
    hasher.update(part.value);
    parts.push(part.value);
    onProgress(`Downloading: ${(done / 1e6).toFixed(1)} MB`, total > 0 ? Math.min(1, done / total) : 0);
  }
  const bytes = new Uint8Array(done);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, hash: toHash(hasher.digest()) };
}

/** Errors: DataError saying what is wrong with address, hash or answer; the signal's reason. */
export async function fetchLink(
  link: { readonly address: string; readonly hash: string },
  getBlob: ((hash: Hash) => Promise<Uint8Array>) | undefined,
  onProgress: Progress,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const address = link.address.trim();
  if (/^http:\/\//i.test(address) && !/^http:\/\/(localhost|127\.0\.0\.1)[:/]/i.test(address)) throw new DataError(`${address} is not an https address`);
  if (!/^https?:\/\//i.test(address)) {
    const hash = await hashOfCid(address.replace(/^ipfs:\/\//i, ''));
    if (!getBlob) throw new DataError('A CID needs the network of tabs, which is not connected. Use an https address.');
    return getBlob(hash).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw new DataError(
        `No tab or relay that this one knows holds ${address} (${error instanceof Error ? error.message : String(error)}). Use an https address with its SHA-256.`,
      );
    });
  }
  const wanted = await expectedHash(link.hash);
  const { bytes, hash } = await download(address, onProgress, signal);
  if (wanted === null) throw new DataError(`Give the SHA-256 of the file with its address, so that nobody can change it. What is there now has ${hash.slice(2)}.`);
  if (wanted !== hash) throw new DataError(`${address} is not the file that was meant: its SHA-256 is ${hash.slice(2)}, not ${wanted.slice(2)}`);
  return bytes;
}
