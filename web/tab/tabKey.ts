/** The key that a tab makes for itself: signs work only; pay can go to another address. Kept in this browser's storage. */
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

const STORAGE_KEY = 'tutti.key';

export type PrivateKey = `0x${string}`;

/** Reads the tab's key, or makes one. Storage that is switched off gives a key for this visit only. */
export function tabKey(storage: Pick<Storage, 'getItem' | 'setItem'>): PrivateKey {
  const kept = storage.getItem(STORAGE_KEY);
  if (kept && isPrivateKey(kept)) return kept;
  const fresh = generatePrivateKey();
  storage.setItem(STORAGE_KEY, fresh);
  return fresh;
}

/** Errors: anything that is not 32 bytes of hex making a valid key, in words; the kept key then stays. */
export function restoreTabKey(storage: Pick<Storage, 'setItem'>, text: string): PrivateKey {
  const key = text.trim().startsWith('0x') ? text.trim() : `0x${text.trim()}`;
  if (!isPrivateKey(key)) throw new Error('This is not a Tutti key: it should be 0x and 64 characters of 0-9 and a-f, as "Export key" gave it. Your present key is unchanged.');
  storage.setItem(STORAGE_KEY, key);
  return key;
}

function isPrivateKey(text: string): text is PrivateKey {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) return false;
  try {
    privateKeyToAccount(text as PrivateKey);
    return true;
  } catch {
    return false;
  }
}
