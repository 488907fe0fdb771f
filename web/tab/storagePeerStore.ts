/** Peer records in the tab's part of the browser's storage. */
import type { PeerStore } from '#swarm/peer/peerStore.ts';
import type { TabIdentity } from './tabIdentity.ts';

export function storagePeerStore(storage: TabIdentity['storage']): PeerStore {
  return {
    async get<T>(key: string) {
      const text = storage.getItem(key);
      return text === null ? null : (JSON.parse(text) as T);
    },
    async set(key, value) {
      storage.setItem(key, JSON.stringify(value));
    },
  };
}
