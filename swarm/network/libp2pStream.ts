/** A libp2p stream as a `ByteStream`. */
import type { Stream } from '@libp2p/interface';
import type { ByteStream } from './wire.ts';

/** Pieces handed to the transport at once; it cuts them further to its own message size. */
const WRITE_BYTES = 64 * 1024;
/** WebRTC streams cannot hold the sender back: one that sends more than this unread is broken off. */
const UNREAD_LIMIT_BYTES = 8 * 1024 * 1024;

/**
 * Keeps its own queue and its own waiting for `drain`: libp2p's iterator misses a close that came before the first
 * read, and its `onDrain()` promise is made once, so that it holds nobody back after the first drain.
 */
export function libp2pStream(stream: Stream): ByteStream {
  const unread: Uint8Array[] = [];
  let unreadBytes = 0;
  let ended = stream.readableEnded;
  let failure: Error | null = null;
  let wake = () => {};
  let changed = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const notify = () => {
    wake();
    changed = new Promise<void>((resolve) => {
      wake = resolve;
    });
  };

  stream.addEventListener('message', (event) => {
    unread.push(event.data.subarray());
    unreadBytes += event.data.byteLength;
    if (unreadBytes > UNREAD_LIMIT_BYTES) stream.abort(new Error(`more than ${UNREAD_LIMIT_BYTES} bytes arrived unasked`));
    notify();
  });
  stream.addEventListener('end', () => {
    ended = true;
    notify();
  });
  stream.addEventListener('close', (event) => {
    ended = true;
    failure = event.error ?? null;
    notify();
  });
  stream.addEventListener('drain', notify);

  return {
    read: async () => {
      for (;;) {
        const next = unread.shift();
        if (next) {
          unreadBytes -= next.length;
          return next;
        }
        if (failure) throw failure;
        if (ended) return null;
        await changed;
      }
    },
    write: async (bytes) => {
      for (let at = 0; at < bytes.length; at += WRITE_BYTES) {
        if (failure) throw failure;
        stream.send(bytes.subarray(at, at + WRITE_BYTES));
        while (stream.writableNeedsDrain && stream.status === 'open') await changed;
      }
    },
    close: () => stream.close(),
    abort: (reason) => stream.abort(reason),
  };
}
