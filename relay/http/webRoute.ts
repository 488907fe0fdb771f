/** The built web app: files of one folder, hashed ones cached for good, the page itself never. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { HttpRefusal } from './httpRefusal.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.webp': 'image/webp',
  '.wgsl': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};
/** Vite writes hashed names under assets/. */
const HASHED = /^\/assets\/.+-[\w-]{8,}\.\w+$/;

/**
 * Only this origin's scripts run. Data may come from any https host (datasets, other relays, an RPC of one's own): it is
 * checked by hash or signature on arrival. wasm-unsafe-eval lets WebAssembly compile and no script text.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** GET or HEAD of a path under `webRoot`; a path without a file ending is a screen of the app: its page. Errors: `HttpRefusal`. */
export async function webRoute(webRoot: string, pathname: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new HttpRefusal(405, 'pages take GET and HEAD');
  const file = await findFile(webRoot, pathname);
  if (!file) throw new HttpRefusal(404, `${pathname} is not here`);
  response.writeHead(200, {
    'content-type': TYPES[extname(file.path)] ?? 'application/octet-stream',
    'content-length': file.size,
    'cache-control': HASHED.test(pathname) ? 'public, max-age=31536000, immutable' : 'no-cache',
    'last-modified': file.changed.toUTCString(),
    'content-security-policy': contentPolicy(request.headers.host),
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  await pipeline(createReadStream(file.path), response);
}

function contentPolicy(host: string | undefined): string {
  // Not every browser counts a WebSocket of the same origin as 'self'.
  const sockets = host && /^[\w.:[\]-]+$/.test(host) ? ` ws://${host} wss://${host}` : '';
  return [...POLICY, `connect-src 'self' https: wss:${sockets} http://localhost:* http://127.0.0.1:* ws://localhost:* ws://127.0.0.1:*`].join('; ');
}

async function findFile(webRoot: string, pathname: string) {
  const root = resolve(webRoot);
  const decoded = decodePath(pathname);
  const wanted = join(root, normalize(decoded));
  if (wanted !== root && !wanted.startsWith(root + sep)) return null;
  const candidates = extname(decoded) === '' ? [join(root, 'index.html')] : [wanted];
  if (decoded.endsWith('/')) candidates.unshift(join(wanted, 'index.html'));
  for (const path of candidates) {
    const found = await stat(path).catch(() => null);
    if (found?.isFile()) return { path, size: found.size, changed: found.mtime };
  }
  return null;
}

function decodePath(pathname: string): string {
  try {
    const decoded = decodeURIComponent(pathname);
    if (decoded.includes('\0')) throw new Error('a zero byte');
    return decoded;
  } catch {
    throw new HttpRefusal(400, 'the path is malformed');
  }
}
