/** Builds the network test page once per test file, into a fresh folder that a relay then serves. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';

export async function buildTestPage(): Promise<{ readonly folder: string; discard(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tutti-page-'));
  await build({
    configFile: false,
    logLevel: 'error',
    root: join(import.meta.dirname, 'page'),
    build: { outDir: folder, emptyOutDir: true, target: 'es2023', minify: false },
  });
  return { folder, discard: () => rm(folder, { recursive: true, force: true }) };
}
