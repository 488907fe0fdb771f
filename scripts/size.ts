/** `npm run size`: what a first visit loads, gzipped: the page, its style and scripts, and what the tab starts by itself. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildWeb, DIST, isBuilt } from './buildWeb.ts';

const MAX_BYTES = 900_000;
/** Imported once the page is drawn, without anybody's asking: the tab, its mesh, and the worker that looks at the GPU. */
const BY_ITSELF = ['createTab', 'createTabMesh', 'engineWorker'];

if (!(await isBuilt())) await buildWeb();
const page = await readFile(join(DIST, 'index.html'), 'utf8');
const queue = ['index.html', ...[...page.matchAll(/(?:src|href)="\/?([^"]+\.(?:js|css))"/g)].map((match) => match[1] as string)];
const assets = await readdir(join(DIST, 'assets'));
for (const name of BY_ITSELF) {
  const found = assets.find((file) => file.startsWith(`${name}-`) && file.endsWith('.js'));
  if (!found) throw new Error(`${DIST}/assets has no ${name}: a first visit loads something else now, so name it in BY_ITSELF`);
  queue.push(`assets/${found}`);
}
const seen = new Map<string, number>();
for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
  if (seen.has(file)) continue;
  const text = await readFile(join(DIST, file), 'utf8');
  seen.set(file, gzipSync(text, { level: 9 }).length);
  if (!file.endsWith('.js')) continue;
  // Static imports only: other dynamic ones are loaded when they are needed.
  for (const match of text.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) queue.push(`assets/${match[1]}`);
}
for (const [file, bytes] of seen) process.stdout.write(`${String(bytes).padStart(9)} ${file}\n`);
const total = [...seen.values()].reduce((sum, bytes) => sum + bytes, 0);
process.stdout.write(`${String(total).padStart(9)} bytes gzipped on first load, of at most ${MAX_BYTES}\n`);
if (total > MAX_BYTES) process.exitCode = 1;
