/** Joins the mesh from a browser tab. */
import type { BlobStore } from './blobs/blobStore.ts';
import { createBlobs } from './blobs/createBlobs.ts';
import { httpBlobHub } from './blobs/httpBlobHub.ts';
import { openTabBlobStore } from './blobs/openTabBlobStore.ts';
import { createMesh } from './createMesh.ts';
import { createTabWire, type TabWireOptions } from './createTabWire.ts';
import type { Blobs, Mesh } from './mesh.ts';
import type { StoreFullError } from './networkErrors.ts';
import { relayOrigin } from './relayOrigin.ts';

export interface TabMeshOptions extends TabWireOptions {
  /** Where blobs are kept; OPFS, or memory where the browser has none, when left out. Tabs of one browser share OPFS. */
  readonly store?: BlobStore;
  /** The browser's storage for this site is full and blobs go to memory: they are lost when the tab closes. */
  readonly onStoreFull?: (error: StoreFullError) => void;
}

/** Resolves at once; relays and peers come as they can (`mesh.onPeers`). Errors: a relay address that cannot be one. */
export async function createTabMesh(options: TabMeshOptions): Promise<{ mesh: Mesh; blobs: Blobs }> {
  const store = options.store ?? (await openTabBlobStore(options.onStoreFull));
  const wire = await createTabWire(options);
  const traffic = { sent: 0, received: 0 };
  const mesh = createMesh(wire, traffic);
  const blobs = createBlobs({ wire, traffic, store, hubs: options.relayAddresses.map((address) => httpBlobHub(relayOrigin(address), traffic)) });
  const stop = async () => {
    blobs.stop();
    await mesh.stop();
  };
  return { mesh: { ...mesh, stop }, blobs };
}
