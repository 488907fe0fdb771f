/** Wire between nodes of one process. Bytes are copied, and cut into odd pieces as a network would. */
import type { PeerView } from './mesh.ts';
import { PeerUnreachableError } from './networkErrors.ts';
import type { ByteStream, Wire } from './wire.ts';

export interface MemoryWire extends Wire {
  setOnline(online: boolean): void;
  readonly online: boolean;
  accept(protocol: string, stream: MemoryStream, from: string): void;
  hear(topic: string, message: Uint8Array, from: string): void;
  peersChanged(): void;
}

export type MemoryWires = Map<string, MemoryWire>;
type Handler = (stream: ByteStream, from: string) => Promise<void>;
type Listener = (message: Uint8Array, from: string) => void;

/** Unread bytes after which a writer waits. */
const PIPE_BYTES = 1024 * 1024;

export function memoryWire(id: string, wires: MemoryWires): MemoryWire {
  if (wires.has(id)) throw new Error(`${id} is connected already`);
  const handlers = new Map<string, Handler>();
  const subscribers = new Map<string, Set<Listener>>();
  const peerListeners = new Set<() => void>();
  const streams = new Set<MemoryStream>();
  let online = true;

  const reachable = (peer: string) => (online ? [...wires].find(([other, wire]) => other === peer && other !== id && wire.online)?.[1] : undefined);
  const everyoneElse = () => (online ? [...wires.values()].filter((wire) => wire.id !== id && wire.online) : []);
  const tellAll = () => {
    for (const wire of wires.values()) wire.peersChanged();
  };
  const own = (stream: MemoryStream) => {
    streams.add(stream);
    return stream;
  };

  const wire: MemoryWire = {
    id,
    get online() {
      return online;
    },
    setOnline: (value) => {
      online = value;
      if (!online) {
        for (const stream of streams) stream.abort(new Error(`${id} went away`));
        streams.clear();
      }
      tellAll();
    },
    peers: () => everyoneElse().map((other): PeerView => ({ id: other.id, path: 'direct', address: `/memory/${other.id}` })),
    onPeers: (listener) => {
      peerListeners.add(listener);
      return () => peerListeners.delete(listener);
    },
    peersChanged: () => {
      for (const listener of peerListeners) listener();
    },
    open: async (peer, protocol, signal) => {
      signal.throwIfAborted();
      const other = reachable(peer);
      if (!other) throw new PeerUnreachableError(peer, 'nobody is connected under that id');
      const [here, there] = memoryPipe();
      own(here);
      other.accept(protocol, there, id);
      return here;
    },
    accept: (protocol, stream, from) => {
      const handler = handlers.get(protocol);
      if (!handler) return stream.abort(new Error(`${id} does not speak ${protocol}`));
      own(stream);
      handler(stream, from).catch((error: unknown) => stream.abort(error instanceof Error ? error : new Error(String(error))));
    },
    handle: (protocol, handler) => {
      handlers.set(protocol, handler);
      return () => handlers.delete(protocol);
    },
    publish: async (topic, message) => {
      for (const other of everyoneElse()) queueMicrotask(() => other.hear(topic, message.slice(), id));
    },
    hear: (topic, message, from) => {
      for (const listener of subscribers.get(topic) ?? []) listener(message, from);
    },
    subscribe: (topic, listener) => {
      const listeners = subscribers.get(topic) ?? new Set();
      subscribers.set(topic, listeners);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: async () => {
      online = false;
      for (const stream of streams) stream.abort(new Error(`${id} stopped`));
      wires.delete(id);
      tellAll();
    },
  };
  wires.set(id, wire);
  tellAll();
  return wire;
}

interface Direction {
  readonly pieces: Uint8Array[];
  bytes: number;
  ended: boolean;
  failure: Error | null;
  wake: () => void;
  changed: Promise<void>;
}

export interface MemoryStream extends ByteStream {
  abort(reason: Error): void;
}

/** Both ends of a stream. */
function memoryPipe(): readonly [MemoryStream, MemoryStream] {
  const there = direction();
  const back = direction();
  return [end(back, there), end(there, back)];
}

function end(incoming: Direction, outgoing: Direction): MemoryStream {
  return {
    read: async () => {
      for (;;) {
        if (incoming.failure) throw incoming.failure;
        const piece = incoming.pieces.shift();
        if (piece) {
          incoming.bytes -= piece.length;
          notify(incoming);
          return piece;
        }
        if (incoming.ended) return null;
        await incoming.changed;
      }
    },
    write: async (bytes) => {
      if (outgoing.failure) throw outgoing.failure;
      if (outgoing.ended) throw new Error('the stream is closed for writing');
      // An odd cut in each write: whoever reads must not count on pieces.
      const cut = Math.min(bytes.length, 1 + (bytes.length % 7));
      for (const piece of [bytes.slice(0, cut), bytes.slice(cut)]) {
        if (piece.length > 0) outgoing.pieces.push(piece);
      }
      outgoing.bytes += bytes.length;
      notify(outgoing);
      while (outgoing.bytes > PIPE_BYTES && !outgoing.failure) await outgoing.changed;
    },
    close: async () => {
      outgoing.ended = true;
      notify(outgoing);
    },
    abort: (reason) => {
      for (const side of [incoming, outgoing]) {
        if (side.ended && side.pieces.length === 0) continue;
        side.failure ??= reason;
        notify(side);
      }
    },
  };
}

function direction(): Direction {
  const made: Direction = { pieces: [], bytes: 0, ended: false, failure: null, wake: () => {}, changed: Promise.resolve() };
  notify(made);
  return made;
}

function notify(side: Direction): void {
  side.wake();
  side.changed = new Promise((resolve) => {
    side.wake = resolve;
  });
}
