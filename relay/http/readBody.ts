/** A request's body as JSON, within a limit of bytes. */
import type { IncomingMessage } from 'node:http';
import { HttpRefusal } from './httpRefusal.ts';

/** Errors: `HttpRefusal` 413 over the limit, 400 not JSON. */
export async function readJsonBody(request: IncomingMessage, limitBytes: number): Promise<unknown> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    const buffer: Buffer = piece;
    bytes += buffer.length;
    if (bytes > limitBytes) throw new HttpRefusal(413, `a request here has at most ${limitBytes} bytes`);
    pieces.push(buffer);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch {
    throw new HttpRefusal(400, 'the body is not JSON');
  }
}
