/** Builds the web app into dist/ and lets a service worker open it offline. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import { writeServiceWorker } from './writeServiceWorker.ts';

const ROOT = join(import.meta.dirname, '..');
export const DIST = join(ROOT, 'dist');
const SOURCES = ['web', 'engine', 'swarm', 'contracts-abi', 'public', 'vite.config.ts', 'package-lock.json'];

/** Errors: vite's, or a file that the service worker cannot list. */
export async function buildWeb(): Promise<void> {
  const before = process.env['NODE_ENV'];
  // A test runner's "test" would leave the service worker out.
  process.env['NODE_ENV'] = 'production';
  try {
    await build({ root: join(ROOT, 'web'), configFile: join(ROOT, 'vite.config.ts'), logLevel: 'warn' });
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
  await writeServiceWorker(DIST);
}

/** Whether dist/ is there and no source is newer. */
export async function isBuilt(): Promise<boolean> {
  const built = await stat(join(DIST, 'sw.js')).catch(() => null);
  if (!built) return false;
  const newest = await Promise.all(SOURCES.map((path) => newestChange(join(ROOT, path))));
  return Math.max(...newest) <= built.mtimeMs;
}

async function newestChange(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  if (!found) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  const names = await readdir(path, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name));
  const times = await Promise.all(files.map(async (entry) => (await stat(join(entry.parentPath, entry.name)).catch(() => null))?.mtimeMs ?? 0));
  return Math.max(0, ...times);
}
