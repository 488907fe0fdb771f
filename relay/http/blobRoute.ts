/**
 * `/api/blob/<64 hex digits>`: GET, HEAD, and PUT, which is kept only when its bytes have that hash. With `?quiet` a blob
 * that is not here is 204 in place of 404, which browsers write into their console as an error.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { isHash } from '#swarm/network/blobs/sha256.ts';
import { StoreFullError } from '#swarm/network/networkErrors.ts';
import { networkLimits } from '#swarm/network/networkLimits.ts';
import type { FolderBlobStore } from '../folderBlobStore.ts';
import { HttpRefusal } from './httpRefusal.ts';

const FOREVER = 'public, max-age=31536000, immutable';

export async function blobRoute(store: FolderBlobStore, name: string, quiet: boolean, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = `0x${name}`;
  if (!isHash(hash)) throw new HttpRefusal(400, 'a blob is named by its SHA-256: 64 lower-case hex digits');
  if (request.method === 'PUT') {
    await takeBlob(store, hash, request);
    response.writeHead(201).end();
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new HttpRefusal(405, 'a blob takes GET, HEAD and PUT');
  const path = await store.path(hash);
  const size = await store.size(hash);
  if (quiet && (path === null || size === null)) {
    response.writeHead(204, { 'cache-control': 'no-store' }).end();
    return;
  }
  if (path === null || size === null) throw new HttpRefusal(404, `blob ${name} is not here`);
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size, 'cache-control': FOREVER, etag: `"${name}"` });
  if (request.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  await pipeline(createReadStream(path), response);
}

async function takeBlob(store: FolderBlobStore, hash: `0x${string}`, request: IncomingMessage): Promise<void> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > networkLimits.blobBytes) throw new HttpRefusal(413, `a blob has at most ${networkLimits.blobBytes} bytes`);
  if ((await store.size(hash)) !== null) {
    request.resume();
    return;
  }
  const sha256 = createHash('sha256');
  const source = async function* () {
    let bytes = 0;
    for await (const piece of request) {
      const buffer: Buffer = piece;
      bytes += buffer.length;
      if (bytes > networkLimits.blobBytes) throw new HttpRefusal(413, `a blob has at most ${networkLimits.blobBytes} bytes`);
      sha256.update(buffer);
      yield buffer;
    }
  };
  try {
    await store.writeStream(hash, source(), () => {
      const found = `0x${sha256.digest('hex')}`;
      if (found !== hash) throw new HttpRefusal(422, `the bytes have the hash ${found}, not ${hash}: nothing was kept`);
    });
  } catch (error) {
    if (error instanceof StoreFullError) throw new HttpRefusal(507, `the relay cannot pin it: ${error.message}`);
    throw error;
  }
}
