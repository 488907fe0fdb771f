import { describe, expect, test } from 'vitest';
import { MemoryNet } from './memoryMesh.ts';
import { bytesLike, meshCases } from './testing/meshSuite.ts';

describe('the mesh suite, in memory', () => {
  test.each(meshCases)('$name', async ({ run }) => {
    const net = new MemoryNet();
    await run(net.connect('a'), net.connect('b'), net.connect('c'));
  });
});

describe('MemoryNet', () => {
  test('a node that is cut off is unreachable, and is back with what it had', async () => {
    const net = new MemoryNet();
    const [a, b] = [net.connect('a'), net.connect('b')];
    let changes = 0;
    a.mesh.onPeers(() => changes++);
    b.mesh.answer('echo', async (question) => question);
    net.setOnline('b', false);
    expect(a.mesh.peers()).toEqual([]);
    await expect(a.mesh.ask('b', 'echo', new Uint8Array(1))).rejects.toThrow('nobody is connected under that id');
    net.setOnline('b', true);
    expect(changes).toBe(2);
    expect(await a.mesh.ask('b', 'echo', new Uint8Array(1))).toEqual(new Uint8Array(1));
  });

  test('a question under way when its peer leaves rejects as unreachable', async () => {
    const net = new MemoryNet();
    const [a, b] = [net.connect('a'), net.connect('b')];
    b.mesh.answer('slow', () => new Promise(() => {}));
    const asked = a.mesh.ask('b', 'slow', new Uint8Array(1));
    await new Promise((resolve) => setTimeout(resolve, 10));
    net.setOnline('b', false);
    await expect(asked).rejects.toThrow('peer b cannot be reached: b went away');
  });

  test('what was pinned outlives its holder; without the hub it is unavailable, with the hub back it is there', async () => {
    const net = new MemoryNet();
    const [a, b] = [net.connect('a'), net.connect('b')];
    const hash = await a.blobs.put(bytesLike(1000, 1), { pin: true });
    await a.mesh.stop();
    net.setHubUp(false);
    await expect(b.blobs.get(hash)).rejects.toThrow('hub: it cannot be reached');
    net.setHubUp(true);
    expect((await b.blobs.get(hash)).length).toBe(1000);
  });

  test('an id can be used once', () => {
    const net = new MemoryNet();
    net.connect('a');
    expect(() => net.connect('a')).toThrow('connected already');
  });
});
