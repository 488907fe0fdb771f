import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { lastingStoreCases, storeCases } from '#swarm/network/testing/blobStoreSuite.ts';
import { sha256 } from '#swarm/network/blobs/sha256.ts';
import { bytesLike } from '#swarm/network/testing/meshSuite.ts';
import { folderBlobStore } from './folderBlobStore.ts';

const folders: string[] = [];
async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tutti-blobs-'));
  folders.push(folder);
  return folder;
}
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

describe('the store suite, in a folder', () => {
  test.each([...storeCases, ...lastingStoreCases])('$name', async ({ run }) => {
    const folder = await freshFolder();
    await run(() => folderBlobStore(folder));
  });
});

describe('the quota', () => {
  test('is counted again on a restart, given back on removal, and not charged for a second copy', async () => {
    const folder = await freshFolder();
    const [one, two] = [bytesLike(600, 1), bytesLike(600, 2)];
    const [first, second] = [await sha256(one), await sha256(two)];
    const store = await folderBlobStore(folder, 1000);
    await store.write(first, one);
    await Promise.allSettled([store.write(first, one), store.write(second, two)]);
    expect(store.usedBytes()).toBe(600);
    const again = await folderBlobStore(folder, 1000);
    await expect(again.write(second, two)).rejects.toThrow('no room to store 600 bytes (the quota of 1000 bytes is used up)');
    expect(await readdir(folder)).toEqual([first.slice(2)]);
    await again.remove(first);
    await again.write(second, two);
    expect(again.usedBytes()).toBe(600);
  });

  test('what a crash left half written is removed at the next start', async () => {
    const folder = await freshFolder();
    await writeFile(join(folder, `${'ab'.repeat(32)}.1-0.part`), 'half');
    const store = await folderBlobStore(folder);
    expect(await readdir(folder)).toEqual([]);
    expect(store.usedBytes()).toBe(0);
  });
});
