/** Bytes that one node sent and received, shared by its mesh and its blobs. */
import type { ByteStream } from './wire.ts';

export interface Traffic {
  sent: number;
  received: number;
}

/** The same stream, counting what passes. */
export function countTraffic(stream: ByteStream, traffic: Traffic): ByteStream {
  return {
    read: async () => {
      const bytes = await stream.read();
      traffic.received += bytes?.length ?? 0;
      return bytes;
    },
    write: async (bytes) => {
      await stream.write(bytes);
      traffic.sent += bytes.length;
    },
    close: () => stream.close(),
    abort: (reason) => stream.abort(reason),
  };
}
