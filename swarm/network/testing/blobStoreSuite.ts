/** What every blob store must do. Memory and folder run it under Vitest, OPFS in a real tab: no test library here. */
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { bytesLike } from './meshSuite.ts';
import type { BlobStore } from '../blobs/blobStore.ts';
import { sha256 } from '../blobs/sha256.ts';

export interface StoreCase {
  readonly name: string;
  /** `open` gives the store; a second call the same one as after a restart, where it outlives one. */
  run(open: () => Promise<BlobStore>): Promise<void>;
}

export const storeCases: readonly StoreCase[] = [
  {
    name: 'what was written is read back, whole and in parts',
    run: async (open) => {
      const store = await open();
      const bytes = bytesLike(10_000, 1);
      const hash = await sha256(bytes);
      await store.write(hash, bytes);
      equal(await store.size(hash), 10_000);
      equal(await sha256((await store.read(hash, 0, 10_000)) ?? new Uint8Array()), hash);
      sameBytes(await store.read(hash, 100, 200), bytes.subarray(100, 200));
      sameBytes(await store.read(hash, 9_990, 20_000), bytes.subarray(9_990));
      equal((await store.read(hash, 20_000, 30_000))?.length, 0);
    },
  },
  {
    name: 'the empty blob is a blob',
    run: async (open) => {
      const store = await open();
      const hash = await sha256(new Uint8Array(0));
      equal(await store.size(hash), null);
      await store.write(hash, new Uint8Array(0));
      equal(await store.size(hash), 0);
      equal((await store.read(hash, 0, 100))?.length, 0);
      await store.remove(hash);
      equal(await store.size(hash), null);
    },
  },
  {
    name: 'what is absent has no size, no bytes, and removing it is no error',
    run: async (open) => {
      const store = await open();
      const absent: Hash = `0x${'ab'.repeat(32)}`;
      equal(await store.size(absent), null);
      equal(await store.read(absent, 0, 10), null);
      await store.remove(absent);
    },
  },
  {
    name: 'the list names what is kept, once, after writing twice and removing',
    run: async (open) => {
      const store = await open();
      const all = [bytesLike(10, 2), bytesLike(10, 3)];
      const [one, two] = await Promise.all(all.map(sha256));
      if (!one || !two) throw new Error('no hashes');
      await store.write(one, bytesLike(10, 2));
      await store.write(one, bytesLike(10, 2));
      await store.write(two, bytesLike(10, 3));
      equal([...(await store.list())].sort().join(), [one, two].sort().join());
      await store.remove(one);
      equal((await store.list()).join(), two);
    },
  },
  {
    name: 'changing a buffer after writing or reading changes nothing kept',
    run: async (open) => {
      const store = await open();
      const bytes = bytesLike(100, 4);
      const hash = await sha256(bytes);
      await store.write(hash, bytes);
      bytes.fill(0);
      (await store.read(hash, 0, 100))?.fill(0);
      equal(await sha256((await store.read(hash, 0, 100)) ?? new Uint8Array()), hash);
    },
  },
  {
    name: 'two writers of one blob at once leave it whole',
    run: async (open) => {
      const store = await open();
      const bytes = bytesLike(300_000, 5);
      const hash = await sha256(bytes);
      await Promise.all([store.write(hash, bytes), store.write(hash, bytes), store.write(hash, bytes)]);
      equal(await sha256((await store.read(hash, 0, 300_000)) ?? new Uint8Array()), hash);
      equal((await store.list()).length, 1);
    },
  },
];

/** For stores that outlive a restart. */
export const lastingStoreCases: readonly StoreCase[] = [
  {
    name: 'opened again, it has what it had',
    run: async (open) => {
      const bytes = bytesLike(1000, 6);
      const hash = await sha256(bytes);
      await (await open()).write(hash, bytes);
      const again = await open();
      equal((await again.list()).join(), hash);
      equal(await sha256((await again.read(hash, 0, 1000)) ?? new Uint8Array()), hash);
    },
  },
];

function equal(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`expected ${String(expected)}, got ${String(actual)}`);
}

function sameBytes(actual: Uint8Array | null, expected: Uint8Array): void {
  if (actual === null || actual.length !== expected.length || actual.some((byte, index) => byte !== expected[index])) throw new Error('the bytes differ');
}
