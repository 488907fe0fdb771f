/** A web app whose engine lies, for demos: the product's own sources with one module exchanged, served beside the honest one. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { build } from 'vite';

const ROOT = join(import.meta.dirname, '..');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
  '.png': 'image/png',
};

/** What a lying tab can do: `lyingSolver` of swarm/peer/testing, as expressions that give its engine. */
const LIES: Readonly<Record<string, string>> = {
  flipsLastBit: 'lyingSolver.flipsLastBit().engine',
  skipsSegment: 'lyingSolver.skipsSegment(1).engine',
  wrongSlice: 'lyingSolver.trainsOnWrongSlice().engine',
  staleG: 'lyingSolver.startsFromStaleG().engine',
  falseDelta: 'lyingSolver.sendsFalseDelta()',
};

/** Errors: an unknown kind of lie, with the ones there are. Returns the address of the lying app. */
export async function buildLiar(kind: string, honestUrl: string, closers: (() => Promise<unknown>)[]): Promise<string> {
  if (!(kind in LIES)) throw new Error(`--liar is one of ${Object.keys(LIES).join(', ')}, not ${kind}`);
  const outDir = await mkdtemp(join(tmpdir(), 'tutti-liar-'));
  closers.push(() => rm(outDir, { recursive: true, force: true }));
  await build({
    root: join(ROOT, 'web'),
    configFile: join(ROOT, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir, emptyOutDir: true },
    worker: { format: 'es', plugins: () => [lyingPlugin(LIES[kind] as string)] },
  });
  const server = createServer((incoming, outgoing) => void answer(outDir, honestUrl, incoming, outgoing));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closers.push(() => new Promise((closed) => server.close(closed)));
  const address = server.address();
  return `http://localhost:${typeof address === 'object' && address ? address.port : 0}`;
}

/** The worker asks for the honest engine and gets the lying one. */
function lyingPlugin(engine: string) {
  return {
    name: 'lying-engine',
    enforce: 'pre' as const,
    resolveId(source: string, importer: string | undefined) {
      return source.endsWith('/localTrainingEngine.ts') && importer?.endsWith('/engineWorker.ts') ? '\0lying-engine.ts' : null;
    },
    load(id: string) {
      if (id !== '\0lying-engine.ts') return null;
      const lies = join(ROOT, 'swarm/peer/testing/lyingSolver.ts');
      return `import { lyingSolver } from ${JSON.stringify(lies)};\nexport const localTrainingEngine = () => ${engine};\n`;
    },
  };
}

/** Files of the lying app; everything else is the honest relay's. */
async function answer(folder: string, honestUrl: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const path = new URL(incoming.url ?? '/', honestUrl).pathname;
  if (path.startsWith('/api/')) {
    const onward = request(
      new URL(incoming.url ?? '/', honestUrl),
      { method: incoming.method ?? 'GET', headers: { ...incoming.headers, host: new URL(honestUrl).host } },
      (back) => {
        outgoing.writeHead(back.statusCode ?? 502, back.headers);
        back.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(onward);
    return;
  }
  const file = join(folder, path === '/' ? 'index.html' : path);
  try {
    const bytes = await readFile(file);
    outgoing.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(bytes);
  } catch {
    outgoing.writeHead(404).end();
  }
}
