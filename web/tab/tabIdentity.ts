/** Which key this tab uses. Tabs of one browser must not share one: each holds a lock on its own numbered place. */
import { keccak256, toHex } from 'viem';
import { type PrivateKey, tabKey } from './tabKey.ts';

const MOST_TABS = 32;

export interface TabIdentity {
  readonly key: PrivateKey;
  /** 32 bytes that only this key's owner can make: salts come from it. */
  readonly secret: Uint8Array;
  /** This place's own part of the browser's storage. */
  readonly storage: Pick<Storage, 'getItem' | 'setItem'>;
}

/** Errors: more tabs than places. */
export async function takeIdentity(): Promise<TabIdentity> {
  const place = await takePlace();
  const storage = placedStorage(place);
  const key = tabKey(storage);
  return { key, secret: secretOf(key), storage };
}

export function secretOf(key: PrivateKey): Uint8Array {
  return keccak256(toHex(`tutti secret of ${key}`), 'bytes');
}

function placedStorage(place: number): TabIdentity['storage'] {
  const name = (key: string) => (place === 0 ? key : `${key}.tab${place + 1}`);
  return {
    getItem: (key) => localStorage.getItem(name(key)),
    setItem: (key, value) => localStorage.setItem(name(key), value),
  };
}

/** The lowest place that no other open tab holds; it is freed when this tab closes. */
async function takePlace(): Promise<number> {
  for (let place = 0; place < MOST_TABS; place++) {
    const taken = await new Promise<boolean>((answer) => {
      void navigator.locks.request(`tutti.tab${place}`, { ifAvailable: true }, (lock) => {
        answer(lock !== null);
        return lock === null ? undefined : new Promise(() => undefined);
      });
    });
    if (taken) return place;
  }
  throw new Error(`${MOST_TABS} tabs of Tutti are open in this browser: close one first.`);
}
