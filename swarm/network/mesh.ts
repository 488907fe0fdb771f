/** What the swarm needs from a network, whatever carries it. Implementations: libp2p in tabs, memory in tests. */
import type { Hash } from '#swarm/protocol/jobSpec.ts';

export interface PeerView {
  readonly id: string;
  /** direct: WebRTC (`/webrtc`, not limited). relayed: through the circuit. */
  readonly path: 'direct' | 'relayed' | 'relay';
  readonly address: string;
}

export interface Mesh {
  readonly id: string;
  peers(): readonly PeerView[];
  onPeers(listener: () => void): () => void;
  /** Small signed or self-checking messages to everyone subscribed, at most 64 KiB. */
  publish(topic: string, message: Uint8Array): Promise<void>;
  subscribe(topic: string, listener: (message: Uint8Array, from: string) => void): () => void;
  /** Ask one peer; at most 1 MiB each way. Errors: `PeerUnreachableError`, or the peer's own refusal as an Error. */
  ask(peer: string, topic: string, question: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>;
  answer(topic: string, handler: (question: Uint8Array, from: string) => Promise<Uint8Array>): () => void;
  stop(): Promise<void>;
}

/** Verified content by hash: own store first, then peers directly, then relay hubs. Every byte is checked on arrival. */
export interface Blobs {
  has(hash: Hash): Promise<boolean>;
  /**
   * Stores locally and announces; with `pin`, also uploads to the relay's hub. `sealed` bytes are given to whoever names
   * their hash, and not announced. Returns the hash. Errors: no hub took a pin now; it is offered again until one does.
   */
  put(bytes: Uint8Array, options?: { pin?: boolean; sealed?: boolean }): Promise<Hash>;
  /**
   * Errors: `BlobUnavailableError` naming who was asked. `onProgress` gets bytes so far and the total.
   * `from` names peers known to hold it. `sealed`: handed over, not kept and not announced.
   */
  get(hash: Hash, options?: { from?: readonly string[]; onProgress?: (done: number, total: number) => void; signal?: AbortSignal; sealed?: boolean }): Promise<Uint8Array>;
  /** Bytes sent and received so far, for the figures. */
  traffic(): { readonly sent: number; readonly received: number };
}
