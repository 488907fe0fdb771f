/** The folder that holds everything a Tutti keeps: the chain's state, addresses, keys, the relay's identity and blobs. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Hex } from 'viem';
import { generatePrivateKey } from 'viem/accounts';
import { type Deployment, parseDeployment } from '#swarm/chain/deployment.ts';

const VERSION = 1;
const MARK = 'tutti.json';
const LOCK = 'running.pid';

export interface DataFolder {
  readonly path: string;
  readonly chainStateFile: string;
  readonly relayDir: string;
  /** Null before the first deployment. Errors: the file is there and is no deployment. */
  readDeployment(): Promise<Deployment | null>;
  writeDeployment(deployment: Deployment): Promise<void>;
  /** A key of this name, made on first use. */
  readKey(name: 'deployer' | 'submitter' | 'janitor'): Promise<Hex>;
  /** Lets others use the folder. */
  release(): Promise<void>;
}

/** Opens the folder for this process alone. Errors: another Tutti uses it, or it holds something else. */
export async function openDataFolder(given: string): Promise<DataFolder> {
  const path = resolve(given);
  await mkdir(path, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${path} cannot be a folder for data (${error.code === 'EEXIST' ? 'it is a file' : error.message}): name another with TUTTI_DATA`, { cause: error });
  });
  await checkMark(path);
  await lock(path);
  const deploymentFile = join(path, 'deployment.json');
  return {
    path,
    chainStateFile: join(path, 'chain.json'),
    relayDir: join(path, 'relay'),
    readDeployment: async () => {
      const text = await readIfThere(deploymentFile);
      return text === null ? null : readAddresses(parseJson(text, deploymentFile), path);
    },
    writeDeployment: (deployment) => writeWhole(deploymentFile, `${JSON.stringify(deployment, null, 2)}\n`),
    readKey: (name) => readKey(join(path, `${name}.key`)),
    release: () => rm(join(path, LOCK), { force: true }),
  };
}

/** Contracts come and go with versions; a chain's state holds those that it was begun with. */
function readAddresses(value: unknown, path: string): Deployment {
  try {
    return parseDeployment(value);
  } catch (error) {
    throw new Error(
      `${path} was written by another version of Tutti (${(error as Error).message}): start that version, name another folder with TUTTI_DATA, or move this one away to begin anew`,
      { cause: error },
    );
  }
}

async function checkMark(path: string): Promise<void> {
  const text = await readIfThere(join(path, MARK));
  if (text === null) {
    const found = (await readdir(path)).filter((name) => name !== LOCK);
    if (found.length > 0) throw new Error(`${path} is not a folder of Tutti: it holds ${found.slice(0, 3).join(', ')}. Name an empty or new one with TUTTI_DATA`);
    return writeWhole(join(path, MARK), `${JSON.stringify({ version: VERSION })}\n`);
  }
  const { version } = parseJson(text, join(path, MARK)) as { version?: unknown };
  if (version !== VERSION)
    throw new Error(`${path} was written by another version of Tutti (${String(version)}, this one is ${VERSION}): start that version, or name another folder with TUTTI_DATA`);
}

async function lock(path: string): Promise<void> {
  const file = join(path, LOCK);
  for (let tries = 0; tries < 2; tries++) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readIfThere(file));
    if (holder > 0 && isAlive(holder))
      throw new Error(`another Tutti (process ${holder}) is running from ${path}: stop it, or name another folder with TUTTI_DATA. If there is none, delete ${file}`);
    await rm(file, { force: true });
  }
  throw new Error(`${file} cannot be taken: is another Tutti starting?`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function readKey(file: string): Promise<Hex> {
  const text = await readIfThere(file);
  if (text === null) {
    const key = generatePrivateKey();
    await writeWhole(file, key);
    return key;
  }
  if (!/^0x[0-9a-f]{64}$/.test(text.trim())) throw new Error(`${file} is not a key: restore it from a backup, or delete it for a new one`);
  return text.trim() as Hex;
}

function readIfThere(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${file} is damaged: restore it from a backup, or move its folder away to begin anew`);
  }
}

/** All or nothing, also when the power fails in between. */
async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
}
