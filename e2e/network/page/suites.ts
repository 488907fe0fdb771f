/** The mesh suite and the store suite in a real tab: three nodes of one page, connected by WebRTC, and OPFS. */
import { lastingStoreCases, storeCases } from '#swarm/network/testing/blobStoreSuite.ts';
import { createBlobs } from '#swarm/network/blobs/createBlobs.ts';
import { httpBlobHub } from '#swarm/network/blobs/httpBlobHub.ts';
import { memoryBlobStore } from '#swarm/network/blobs/memoryBlobStore.ts';
import { opfsBlobStore } from '#swarm/network/blobs/opfsBlobStore.ts';
import { openTabBlobStore } from '#swarm/network/blobs/openTabBlobStore.ts';
import { sha256 } from '#swarm/network/blobs/sha256.ts';
import { createMesh } from '#swarm/network/createMesh.ts';
import { createTabWire } from '#swarm/network/createTabWire.ts';
import { bytesLike, meshCases, type SuiteNode } from '#swarm/network/testing/meshSuite.ts';
import { relayOrigin } from '#swarm/network/relayOrigin.ts';

let nodes: readonly SuiteNode[] = [];

async function joinNode(relay: string, namespace: string): Promise<SuiteNode> {
  const wire = await createTabWire({ relayAddresses: [relay], namespace });
  const traffic = { sent: 0, received: 0 };
  return { wire, mesh: createMesh(wire, traffic), blobs: createBlobs({ wire, traffic, store: memoryBlobStore(), hubs: [httpBlobHub(relayOrigin(relay), traffic)] }) };
}

export const suites = {
  meshCaseNames: () => meshCases.map(({ name }) => name),
  joinThree: async (relay: string, namespace: string) => {
    nodes = await Promise.all([1, 2, 3].map(() => joinNode(relay, namespace)));
    while (!nodes.every((node) => node.mesh.peers().filter(({ path }) => path === 'direct').length === 2)) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  },
  runMeshCase: async (name: string) => {
    const [a, b, c] = nodes;
    const found = meshCases.find((candidate) => candidate.name === name);
    if (!a || !b || !c || !found) throw new Error(`there is no case ${name}, or nobody joined`);
    await found.run(a, b, c);
  },
  storeCaseNames: () => [...storeCases, ...lastingStoreCases].map(({ name }) => name),
  runStoreCase: async (name: string) => {
    const found = [...storeCases, ...lastingStoreCases].find((candidate) => candidate.name === name);
    if (!found) throw new Error(`there is no case ${name}`);
    const folder = `case-${crypto.randomUUID()}`;
    await found.run(async () => opfsBlobStore(await (await navigator.storage.getDirectory()).getDirectoryHandle(folder, { create: true })));
  },
  /** Writes 1 MiB blobs until the quota is hit and three more; every one must still be readable. */
  fillDisk: async () => {
    const told: string[] = [];
    const store = await openTabBlobStore((error) => told.push(`${error.name}: ${error.message}`));
    for (let seed = 0; told.length < 3 && seed < 40; seed++) {
      const bytes = bytesLike(1024 * 1024, seed);
      await store.write(await sha256(bytes), bytes);
    }
    const kept = await store.list();
    for (const hash of kept) {
      const size = (await store.size(hash)) ?? 0;
      if ((await sha256((await store.read(hash, 0, size)) ?? new Uint8Array())) !== hash) throw new Error(`${hash} was damaged`);
    }
    const again = await openTabBlobStore();
    return { told, kept: kept.length, afterReload: (await again.list()).length };
  },
};

export type NetworkSuites = typeof suites;
declare global {
  var networkSuites: NetworkSuites;
}
globalThis.networkSuites = suites;
