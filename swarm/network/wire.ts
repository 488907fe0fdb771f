/** The least that a transport must give: streams of bytes to peers, and gossip. `createMesh` and `createBlobs` stand on it. */
import type { PeerView } from './mesh.ts';

/** One stream to one peer. Reads and writes keep their order; pieces may be cut anywhere. */
export interface ByteStream {
  /** The next bytes, or null once the other side has closed. Errors: the stream broke off. */
  read(): Promise<Uint8Array | null>;
  /** Resolves when the transport can take more. The bytes must not change afterwards. */
  write(bytes: Uint8Array): Promise<void>;
  /** No more writes; reading goes on. */
  close(): Promise<void>;
  /** Breaks off both directions. */
  abort(reason: Error): void;
}

export interface Wire {
  readonly id: string;
  peers(): readonly PeerView[];
  onPeers(listener: () => void): () => void;
  /**
   * `patient` waits a few seconds for a direct connection before it takes the relay's narrow circuit.
   * Errors: `PeerUnreachableError`.
   */
  open(peer: string, protocol: string, signal: AbortSignal, patient?: boolean): Promise<ByteStream>;
  /** The handler's rejection aborts the stream and is otherwise ignored: a peer's nonsense never stops the node. */
  handle(protocol: string, handler: (stream: ByteStream, from: string) => Promise<void>): () => void;
  /** Resolves also when nobody listens. */
  publish(topic: string, message: Uint8Array): Promise<void>;
  subscribe(topic: string, listener: (message: Uint8Array, from: string) => void): () => void;
  stop(): Promise<void>;
}
