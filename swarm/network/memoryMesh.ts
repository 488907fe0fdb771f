/** Many nodes of one process, connected by memory: limits, framing and verification are the ones of the real mesh. */
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { BlobHub } from './blobs/blobHub.ts';
import type { BlobStore } from './blobs/blobStore.ts';
import { createBlobs } from './blobs/createBlobs.ts';
import { memoryBlobStore } from './blobs/memoryBlobStore.ts';
import { createMesh } from './createMesh.ts';
import type { Blobs, Mesh } from './mesh.ts';
import { type MemoryWire, memoryWire, type MemoryWires } from './memoryWire.ts';

export interface MemoryNode {
  readonly mesh: Mesh;
  readonly blobs: Blobs;
  /** The transport under both, for tests that speak nonsense to it. */
  readonly wire: MemoryWire;
  readonly store: BlobStore;
}

export class MemoryNet {
  readonly #wires: MemoryWires = new Map();
  readonly #hubStore = memoryBlobStore();
  #hubIsUp = true;

  /** Joins under this id; everyone is connected to everyone. `hub` in place of the one in memory. Errors: the id is taken. */
  connect(id: string, store: BlobStore = memoryBlobStore(), hub: BlobHub = this.#hub()): MemoryNode {
    const traffic = { sent: 0, received: 0 };
    const wire = memoryWire(id, this.#wires);
    const mesh = createMesh(wire, traffic);
    const blobs = createBlobs({ wire, traffic, store, hubs: [hub] });
    const stop = async () => {
      blobs.stop();
      await mesh.stop();
    };
    return { mesh: { ...mesh, stop }, blobs, wire, store };
  }

  /** Cuts a node off, or brings it back; its own state stays. */
  setOnline(id: string, online: boolean): void {
    const wire = this.#wires.get(id);
    if (!wire) throw new Error(`nobody is connected as ${id}`);
    wire.setOnline(online);
  }

  /** As when the relay is killed: what it pinned is there again when it is back. */
  setHubUp(up: boolean): void {
    this.#hubIsUp = up;
  }

  async hubHas(hash: Hash): Promise<boolean> {
    return (await this.#hubStore.size(hash)) !== null;
  }

  #hub(): BlobHub {
    const need = () => {
      if (!this.#hubIsUp) throw new Error('it cannot be reached');
    };
    return {
      name: 'hub',
      get: async (hash, onProgress) => {
        need();
        const size = await this.#hubStore.size(hash);
        if (size === null) return null;
        onProgress(size, size);
        return this.#hubStore.read(hash, 0, size);
      },
      put: async (hash, bytes) => {
        need();
        await this.#hubStore.write(hash, bytes);
      },
    };
  }
}
