/** `npm run size`: what a first visit loads (the page, its style, its scripts and all they import at once), gzipped. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildWeb, DIST, isBuilt } from './buildWeb.ts';

const MAX_BYTES = 900_000;

if (!(await isBuilt())) await buildWeb();
const page = await readFile(join(DIST, 'index.html'), 'utf8');
const queue = ['index.html', ...[...page.matchAll(/(?:src|href)="\/?([^"]+\.(?:js|css))"/g)].map((match) => match[1] as string)];
const seen = new Map<string, number>();
for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
  if (seen.has(file)) continue;
  const text = await readFile(join(DIST, file), 'utf8');
  seen.set(file, gzipSync(text, { level: 9 }).length);
  if (!file.endsWith('.js')) continue;
  // Static imports only: dynamic ones are loaded when they are needed.
  for (const match of text.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) queue.push(`assets/${match[1]}`);
}
for (const [file, bytes] of seen) process.stdout.write(`${String(bytes).padStart(9)} ${file}\n`);
const total = [...seen.values()].reduce((sum, bytes) => sum + bytes, 0);
process.stdout.write(`${String(total).padStart(9)} bytes gzipped on first load, of at most ${MAX_BYTES}\n`);
if (total > MAX_BYTES) process.exitCode = 1;
