/** JSON as bytes, both ways: bounded, UTF-8, and handed to a strict reader. */
import { ProtocolError } from './protocolError.ts';
import type { Reader } from './reader.ts';

/** Big integers are written as decimal text. */
export function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item)));
}

/** Errors: ProtocolError that begins with `what`. */
export function decodeJson<T>(bytes: Uint8Array, what: string, maxBytes: number, reader: Reader<T>): T {
  if (bytes.length > maxBytes) throw new ProtocolError(`${what}: ${bytes.length} bytes is over the limit of ${maxBytes}`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw new ProtocolError(`${what}: not JSON in UTF-8 (${error instanceof Error ? error.message.slice(0, 80) : 'unreadable'})`);
  }
  return reader(value, what);
}
