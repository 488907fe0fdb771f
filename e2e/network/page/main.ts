/** What the network tests drive in a real tab: the mesh as the app makes it, with bytes passed as lists and digests. */
import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { createTabMesh } from '#swarm/network/createTabMesh.ts';
import type { BlobStore } from '#swarm/network/blobs/blobStore.ts';
import { memoryBlobStore } from '#swarm/network/blobs/memoryBlobStore.ts';
import { sha256 } from '#swarm/network/blobs/sha256.ts';
import type { Blobs, Mesh } from '#swarm/network/mesh.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';

let joined: { mesh: Mesh; blobs: Blobs } | null = null;
const heard: { topic: string; text: string; from: string }[] = [];

function here(): { mesh: Mesh; blobs: Blobs } {
  if (!joined) throw new Error('join first');
  return joined;
}

/** Bytes that both ends of a test can make: byte k is k * 31 + seed, mixed with k >> 8. */
function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let k = 0; k < length; k++) bytes[k] = (k * 31 + (k >> 8) + seed) & 255;
  return bytes;
}

/** Says the right size and gives bytes with one bit wrong. */
function lyingStore(): BlobStore {
  const honest = memoryBlobStore();
  return {
    ...honest,
    read: async (hash, start, end) => {
      const bytes = await honest.read(hash, start, end);
      if (bytes && bytes.length > 100) bytes[100] = (bytes[100] ?? 0) ^ 1;
      return bytes;
    },
  };
}

const page = {
  /** With `keySeed` the peer id is the same every time. */
  join: async (relayAddresses: string[], namespace: string, liar = false, keySeed: number | null = null) => {
    const privateKey = await (keySeed === null ? generateKeyPair('Ed25519') : generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(keySeed)));
    joined = await createTabMesh({ relayAddresses, namespace, privateKey, ...(liar ? { store: lyingStore() } : {}) });
    joined.mesh.answer('echo', async (question, from) => {
      const text = new TextDecoder().decode(question);
      if (text === 'refuse me') throw new Error('I refuse');
      return new TextEncoder().encode(`${text} to ${from}`);
    });
    return joined.mesh.id;
  },
  peers: () =>
    here()
      .mesh.peers()
      .map((peer) => ({ ...peer })),
  subscribe: (topic: string) => void here().mesh.subscribe(topic, (message, from) => heard.push({ topic, text: new TextDecoder().decode(message), from })),
  publish: (topic: string, text: string) => here().mesh.publish(topic, new TextEncoder().encode(text)),
  heard: () => [...heard],
  ask: async (peer: string, topic: string, text: string) => {
    const answer = await here().mesh.ask(peer, topic, new TextEncoder().encode(text));
    return new TextDecoder().decode(answer);
  },
  askBytes: async (peer: string, topic: string, length: number) => (await here().mesh.ask(peer, topic, new Uint8Array(length))).length,
  put: (length: number, seed: number, pin: boolean) => here().blobs.put(pattern(length, seed), { pin }),
  get: async (hash: Hash, from: string[]) => {
    const progress: number[] = [];
    const started = performance.now();
    const bytes = await here().blobs.get(hash, { from, onProgress: (done) => progress.push(done) });
    return { hash: await sha256(bytes), length: bytes.length, progress, ms: performance.now() - started };
  },
  has: (hash: Hash) => here().blobs.has(hash),
  traffic: () => here().blobs.traffic(),
  stop: () => here().mesh.stop(),
};

export type NetworkTestPage = typeof page;
declare global {
  var net: NetworkTestPage;
}
globalThis.net = page;
