/** Builds a small page with vite into a fresh folder and serves it on a free port of localhost: elsewhere a browser has no WebGPU. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';

export interface ServedPage {
  readonly url: string;
  /** Stops serving and removes the folder. */
  close(): Promise<void>;
}

/** `root` has an index.html. Errors: what vite says of a page that does not build. */
export async function servePage(root: string): Promise<ServedPage> {
  const folder = await mkdtemp(join(tmpdir(), 'tutti-served-'));
  await build({ configFile: false, logLevel: 'error', root, worker: { format: 'es' }, build: { outDir: folder, emptyOutDir: true, target: 'es2023', minify: false } });
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const bytes = await readFile(join(folder, path)).catch(() => null);
    if (!bytes) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': path.endsWith('.js') ? 'text/javascript' : 'text/html' }).end(bytes);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/index.html`,
    async close() {
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
