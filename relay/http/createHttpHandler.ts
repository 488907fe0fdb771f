/** The relay's HTTP door: `/api/...`, and everything else the web app. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Roster } from '#swarm/network/roster.ts';
import type { FolderBlobStore } from '../folderBlobStore.ts';
import type { HttpHandler } from '../webSocketsBesideHttp.ts';
import { blobRoute } from './blobRoute.ts';
import { HttpRefusal } from './httpRefusal.ts';
import { readJsonBody } from './readBody.ts';
import { RPC_BODY_BYTES, rpcRoute } from './rpcRoute.ts';
import { webRoute } from './webRoute.ts';

const SUBMIT_BODY_BYTES = 512 * 1024;

/** Checks a signed request and brings it to the chain. Errors: a sentence that the sender can act on. */
export interface Submitter {
  submit(request: unknown): Promise<unknown>;
}

export interface HttpOptions {
  readonly blobs: FolderBlobStore;
  readonly rpcUrl: string;
  readonly submitter?: Submitter;
  readonly webRoot?: string;
  /** `host` is the Host header of who asks: addresses in the answers lead back the way they came. */
  readonly config: (host: string | undefined) => unknown;
  readonly roster: (namespace: string | null, host: string | undefined) => Roster;
  /** What was reported of a job's loss. */
  readonly losses: (job: bigint) => readonly unknown[];
  readonly onError: (error: unknown) => void;
}

export function createHttpHandler(options: HttpOptions): HttpHandler {
  return (request, response) => {
    answer(options, request, response).catch((error: unknown) => refuse(options, request, response, error));
  };
}

async function answer(options: HttpOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  const url = readUrl(request);
  if (!url.pathname.startsWith('/api/')) {
    if (options.webRoot === undefined) throw new HttpRefusal(404, 'this relay serves no web app');
    return webRoute(options.webRoot, url.pathname, request, response);
  }
  // Nothing here rests on who asks (no cookies): pages of other hosts may use the relay.
  response.setHeader('access-control-allow-origin', '*');
  if (request.method === 'OPTIONS') {
    response.writeHead(204, {
      'access-control-allow-methods': 'GET, HEAD, PUT, POST',
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': '86400',
    });
    response.end();
    return;
  }
  const blob = url.pathname.match(/^\/api\/blob\/([^/]*)$/);
  if (blob) return blobRoute(options.blobs, blob[1] ?? '', url.searchParams.has('quiet'), request, response);
  const job = url.pathname.match(/^\/api\/losses\/(\d{1,18})$/);
  if (job) {
    needMethod(request, 'GET');
    return sendJson(response, options.losses(BigInt(job[1] ?? 0)));
  }
  sendJson(response, await answerJson(options, url, request));
}

async function answerJson(options: HttpOptions, url: URL, request: IncomingMessage): Promise<unknown> {
  switch (url.pathname) {
    case '/api/config':
      needMethod(request, 'GET');
      return options.config(request.headers.host);
    case '/api/roster':
      needMethod(request, 'GET');
      return options.roster(url.searchParams.get('namespace'), request.headers.host);
    case '/api/rpc':
      needMethod(request, 'POST');
      return rpcRoute(options.rpcUrl, await readJsonBody(request, RPC_BODY_BYTES));
    case '/api/submit':
      needMethod(request, 'POST');
      return submit(options.submitter, await readJsonBody(request, SUBMIT_BODY_BYTES));
    default:
      throw new HttpRefusal(404, `${url.pathname} is not offered by this relay`);
  }
}

async function submit(submitter: Submitter | undefined, body: unknown): Promise<unknown> {
  if (!submitter) throw new HttpRefusal(404, 'this relay submits nothing: send the transaction yourself, or use another relay');
  try {
    return await submitter.submit(body);
  } catch (error) {
    throw new HttpRefusal(400, error instanceof Error ? error.message : String(error));
  }
}

function readUrl(request: IncomingMessage): URL {
  try {
    return new URL(request.url ?? '/', 'http://relay');
  } catch {
    throw new HttpRefusal(400, 'the address is malformed');
  }
}

function needMethod(request: IncomingMessage, method: 'GET' | 'POST'): void {
  if (request.method !== method && !(method === 'GET' && request.method === 'HEAD')) throw new HttpRefusal(405, `use ${method}`);
}

function sendJson(response: ServerResponse, body: unknown): void {
  // JSON.stringify knows no bigint; amounts travel as decimal strings.
  const text = JSON.stringify(body, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }).end(text);
}

function refuse(options: HttpOptions, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (!(error instanceof HttpRefusal)) {
    // A reader that went away in the middle is no error of ours.
    if (!request.destroyed && !response.destroyed) options.onError(error);
  }
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = error instanceof HttpRefusal ? error.status : 500;
  const text = error instanceof HttpRefusal ? error.message : 'the relay failed; its log has more';
  // An upload that is refused half way is not read to its end.
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', connection: 'close' }).end(text);
}
