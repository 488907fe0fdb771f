/** Small records that outlive a reload: what was committed, attested, and where states are. JSON by key. */
export interface PeerStore {
  get<T>(key: string): Promise<T | null>;
  set(key: string, value: unknown): Promise<void>;
}

export function memoryStore(): PeerStore {
  const records = new Map<string, string>();
  return {
    get: async <T>(key: string) => {
      const text = records.get(key);
      return text === undefined ? null : (JSON.parse(text) as T);
    },
    set: async (key, value) => {
      records.set(key, JSON.stringify(value));
    },
  };
}
