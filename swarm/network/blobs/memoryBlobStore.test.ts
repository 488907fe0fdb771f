import { describe, expect, test } from 'vitest';
import { StoreFullError } from '../networkErrors.ts';
import { bytesLike } from '../testing/meshSuite.ts';
import { storeCases } from '../testing/blobStoreSuite.ts';
import { memoryBlobStore } from './memoryBlobStore.ts';
import { overflowBlobStore } from './overflowBlobStore.ts';
import { sha256 } from './sha256.ts';

describe('the store suite, in memory', () => {
  test.each(storeCases)('$name', async ({ run }) => {
    const store = memoryBlobStore();
    await run(async () => store);
  });
});

describe('the store suite, with a disk that is full from the start', () => {
  test.each(storeCases.filter(({ name }) => !name.startsWith('the empty')))('$name', async ({ run }) => {
    const store = overflowBlobStore(memoryBlobStore(0), () => {});
    await run(async () => store);
  });
});

describe('a full store', () => {
  test('refuses in words, keeps what it has, and takes again after a removal', async () => {
    const store = memoryBlobStore(150);
    const [one, two] = [bytesLike(100, 1), bytesLike(100, 2)];
    const [first, second] = [await sha256(one), await sha256(two)];
    await store.write(first, one);
    await expect(store.write(second, two)).rejects.toThrow('no room to store 100 bytes (50 bytes of memory are left)');
    expect(await store.size(second)).toBeNull();
    expect(await store.size(first)).toBe(100);
    await store.remove(first);
    await store.write(second, two);
    expect(await store.list()).toEqual([second]);
  });

  test('overflows into memory, tells so, and fails only when memory is full too', async () => {
    const told: StoreFullError[] = [];
    const disk = memoryBlobStore(150);
    const store = overflowBlobStore(disk, (error) => told.push(error), 150);
    const blobs = [bytesLike(100, 1), bytesLike(100, 2), bytesLike(100, 3)];
    const hashes = await Promise.all(blobs.map(sha256));
    for (const k of [0, 1]) await store.write(hashes[k] ?? '0x', blobs[k] ?? new Uint8Array());
    expect(await disk.list()).toEqual([hashes[0]]);
    expect([...(await store.list())].sort()).toEqual([hashes[0], hashes[1]].sort());
    expect(told).toHaveLength(1);
    await expect(store.write(hashes[2] ?? '0x', blobs[2] ?? new Uint8Array())).rejects.toThrow(StoreFullError);
    expect(await store.read(hashes[1] ?? '0x', 0, 100)).toEqual(blobs[1]);
  });
});
