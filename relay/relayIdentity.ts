/** The relay's key, kept in its data folder: tabs know a relay by its peer id, so that it must outlive a restart. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import type { PrivateKey } from '@libp2p/interface';

const FILE = 'relay.key';

/** Reads the key, or makes one on the first start. Errors: the file is there and is not a key. */
export async function relayIdentity(dataDir: string): Promise<PrivateKey> {
  const path = join(dataDir, FILE);
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (bytes === null) {
    const key = await generateKeyPair('Ed25519');
    await mkdir(dataDir, { recursive: true });
    await writeFile(`${path}.new`, privateKeyToProtobuf(key), { mode: 0o600 });
    await rename(`${path}.new`, path);
    return key;
  }
  try {
    return privateKeyFromProtobuf(bytes);
  } catch {
    throw new Error(`${path} is not a relay key: restore it from a backup, or delete it to start under a new peer id`);
  }
}
