import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { MemoryNet } from '../memoryMesh.ts';
import { bytesLike } from '../testing/meshSuite.ts';
import { StoreFullError } from '../networkErrors.ts';
import { networkLimits as limits } from '../networkLimits.ts';
import type { BlobStore } from './blobStore.ts';
import { memoryBlobStore } from './memoryBlobStore.ts';
import { sha256 } from './sha256.ts';

const CHUNKS = 6;
const BYTES = bytesLike(CHUNKS * limits.blobChunkBytes - 5, 1);

/** A store whose reads pass through `bend`, to stand for a liar or a broken disk. */
function bentStore(bend: (bytes: Uint8Array, start: number, reads: number) => Uint8Array | null): BlobStore {
  const honest = memoryBlobStore();
  let reads = 0;
  return {
    ...honest,
    read: async (hash, start, end) => {
      const bytes = await honest.read(hash, start, end);
      return bytes && bend(bytes, start, reads++);
    },
  };
}

function flipped(bytes: Uint8Array): Uint8Array {
  bytes[7] = (bytes[7] ?? 0) ^ 128;
  return bytes;
}

const LIARS: Readonly<Record<string, (bytes: Uint8Array, start: number, reads: number) => Uint8Array | null>> = {
  'describes and sends other bytes, consistently': (bytes, start) => (start === 2 * limits.blobChunkBytes ? flipped(bytes) : bytes),
  'describes the true bytes and sends others': (bytes, start, reads) => (reads >= CHUNKS && start === 0 ? flipped(bytes) : bytes),
  'sends a chunk that is too short': (bytes, _, reads) => (reads >= CHUNKS ? bytes.subarray(1) : bytes),
  'describes and then has nothing': (bytes, _, reads) => (reads >= CHUNKS ? null : bytes),
};

describe('blobs from peers that lie', () => {
  test.each(Object.entries(LIARS))('one that %s is dropped, and the bytes come from another', async (_, bend) => {
    const net = new MemoryNet();
    const liar = net.connect('liar', bentStore(bend));
    const honest = net.connect('honest');
    const me = net.connect('me');
    const hash = await liar.blobs.put(BYTES);
    await honest.blobs.put(BYTES);
    expect(await sha256(await me.blobs.get(hash, { from: ['liar', 'honest'] }))).toBe(hash);
    expect(await me.store.size(hash)).toBe(BYTES.length);
  });

  test.each(Object.entries(LIARS))('only one that %s: unavailable, it is named, nothing is kept, and it is not asked again', async (_, bend) => {
    const net = new MemoryNet();
    const liar = net.connect('liar', bentStore(bend));
    const me = net.connect('me');
    const hash = await liar.blobs.put(BYTES);
    await expect(me.blobs.get(hash, { from: ['liar'] })).rejects.toThrow(/^blob 0x[0-9a-f]{64} is nowhere to be had \(peer liar: .*; hub: has none\)$/);
    expect(await me.blobs.has(hash)).toBe(false);
    await expect(me.blobs.get(hash, { from: ['liar'] })).rejects.toThrow('(hub: has none)');
  });

  test('whatever a peer answers to blob requests, the bytes are right or the blob is unavailable', async () => {
    const bytes = bytesLike(1000, 3);
    const hash = await sha256(bytes);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 4 }), async (answers) => {
        const net = new MemoryNet();
        const me = net.connect('me');
        const fuzzer = net.connect('fuzzer');
        fuzzer.wire.handle('/tutti/blob/1', async (stream) => {
          for (const answer of answers) await stream.write(answer);
          await stream.close();
        });
        await expect(me.blobs.get(hash, { from: ['fuzzer'] })).rejects.toThrow('is nowhere to be had');
        fuzzer.wire.handle('/tutti/blob/1', async (stream) => stream.close());
        const honest = net.connect('honest');
        await honest.blobs.put(bytes);
        expect(await me.blobs.get(hash, { from: ['fuzzer', 'honest'] })).toEqual(bytes);
      }),
      { numRuns: 50 },
    );
  });
});

describe('blobs from several peers at once', () => {
  test('their chunks are shared out among all who describe the same bytes', async () => {
    const net = new MemoryNet();
    const bytes = bytesLike(40 * limits.blobChunkBytes, 2);
    const holders = ['a', 'b', 'c'].map((id) => net.connect(id));
    const [hash = '0x' as Hash] = await Promise.all(holders.map((holder) => holder.blobs.put(bytes)));
    const me = net.connect('me');
    expect(await sha256(await me.blobs.get(hash))).toBe(hash);
    for (const holder of holders) expect(holder.blobs.traffic().sent).toBeGreaterThan(5 * limits.blobChunkBytes);
  });

  test('a peer that never answers holds nobody up', async () => {
    const net = new MemoryNet();
    const silent = net.connect('silent');
    silent.wire.handle('/tutti/blob/1', () => new Promise(() => {}));
    const [honest, me] = [net.connect('honest'), net.connect('me')];
    const hash = await honest.blobs.put(BYTES);
    expect(await sha256(await me.blobs.get(hash, { from: ['silent', 'honest'] }))).toBe(hash);
  });

  test('one that leaves in the middle is made up for by the others', async () => {
    const net = new MemoryNet();
    const bytes = bytesLike(40 * limits.blobChunkBytes, 2);
    const [a, b] = [net.connect('a'), net.connect('b')];
    const hash = await a.blobs.put(bytes);
    await b.blobs.put(bytes);
    const me = net.connect('me');
    let left = false;
    const onProgress = (done: number, total: number) => {
      if (left || done < total / 4) return;
      left = true;
      net.setOnline('a', false);
    };
    expect(await sha256(await me.blobs.get(hash, { onProgress }))).toBe(hash);
    expect(left).toBe(true);
  });
});

describe('announcements', () => {
  test('any gossip about blobs is either read or ignored; announced holders are asked without being named', async () => {
    const hash = await sha256(BYTES);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 }), async (messages) => {
        const net = new MemoryNet();
        const [fuzzer, honest, me] = [net.connect('fuzzer'), net.connect('honest'), net.connect('me')];
        for (const message of messages) await fuzzer.mesh.publish('blobs', message);
        await honest.blobs.put(BYTES);
        expect(await sha256(await me.blobs.get(hash))).toBe(hash);
      }),
      { numRuns: 20 },
    );
  });
});

describe('keeping blobs', () => {
  test('a store that is full still gives what was asked for', async () => {
    const net = new MemoryNet();
    const a = net.connect('a');
    const me = net.connect('me', memoryBlobStore(10));
    const hash = await a.blobs.put(bytesLike(1000, 1));
    expect((await me.blobs.get(hash)).length).toBe(1000);
    await expect(me.blobs.put(bytesLike(1000, 2))).rejects.toThrow(StoreFullError);
  });

  test('a stored blob that went bad on the disk is fetched again', async () => {
    const net = new MemoryNet();
    const a = net.connect('a');
    let broken = true;
    const me = net.connect(
      'me',
      bentStore((bytes) => (broken ? flipped(bytes) : bytes)),
    );
    const bytes = bytesLike(1000, 1);
    const hash = await a.blobs.put(bytes);
    await me.blobs.put(bytes);
    const got = await me.blobs.get(hash);
    broken = false;
    expect(got).toEqual(bytes);
    expect(await me.blobs.get(hash)).toEqual(bytes);
  });

  test('a blob that was pinned while the hub was down is offered again, and had from there once its owner is gone', { timeout: 30_000 }, async () => {
    const net = new MemoryNet();
    const [owner, reader] = [net.connect('owner'), net.connect('reader')];
    net.setHubUp(false);
    await expect(owner.blobs.put(BYTES, { pin: true })).rejects.toThrow('it is stored here only');
    net.setHubUp(true);
    const hash = await sha256(BYTES);
    await expect.poll(() => net.hubHas(hash), { timeout: 20_000, interval: 200 }).toBe(true);
    net.setOnline('owner', false);
    expect(await reader.blobs.get(hash)).toEqual(BYTES);
  });

  test('R4: sealed bytes go to who names their hash, are announced to nobody, and are not kept by who fetched them', async () => {
    const net = new MemoryNet();
    const [owner, friend] = [net.connect('owner'), net.connect('friend')];
    const heard: string[] = [];
    net.connect('stranger').wire.subscribe('blobs', (message) => heard.push(Buffer.from(message).toString('hex')));
    const sealed = await owner.blobs.put(bytesLike(5000, 1), { sealed: true });
    expect(await friend.blobs.get(sealed, { from: ['owner'], sealed: true })).toEqual(bytesLike(5000, 1));
    expect(await friend.blobs.has(sealed)).toBe(false);
    const open = await owner.blobs.put(bytesLike(5000, 2));
    await expect.poll(() => heard.some((text) => text.includes(open.slice(2))), { timeout: 5000 }).toBe(true);
    expect(heard.some((text) => text.includes(sealed.slice(2)))).toBe(false);
  });

  test('a hub that gives other bytes is not believed', async () => {
    const net = new MemoryNet();
    const a = net.connect('a');
    const hash = await a.blobs.put(bytesLike(1000, 1), { pin: true });
    const wrong = await sha256(bytesLike(1000, 2));
    const liar = net.connect('liar', { ...memoryBlobStore(), size: async () => 1000, read: async () => bytesLike(1000, 3) });
    expect(await liar.blobs.get(hash)).toEqual(bytesLike(1000, 1));
    await expect(liar.blobs.get(wrong)).rejects.toThrow('hub: has none');
  });

  test('giving up one of two waiting callers leaves the other its bytes; giving up both stops the download', async () => {
    const net = new MemoryNet();
    const a = net.connect('a');
    const me = net.connect('me');
    const hash = await a.blobs.put(BYTES);
    const [first, second] = [new AbortController(), new AbortController()];
    const one = me.blobs.get(hash, { signal: first.signal });
    const two = me.blobs.get(hash, { signal: second.signal });
    setTimeout(() => first.abort(new Error('not needed')), 0);
    await expect(one).rejects.toThrow('not needed');
    expect(await sha256(await two)).toBe(hash);
    await me.store.remove(hash);
    const third = new AbortController();
    const alone = me.blobs.get(hash, { signal: third.signal, onProgress: () => third.abort(new Error('stop')) });
    await expect(alone).rejects.toThrow('stop');
    expect(await sha256(await me.blobs.get(hash))).toBe(hash);
  });
});
