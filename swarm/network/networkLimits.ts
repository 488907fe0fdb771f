/** Sizes in bytes and times in milliseconds that every transport keeps to. */
export const networkLimits = {
  publishBytes: 64 * 1024,
  askBytes: 1024 * 1024,
  topicBytes: 256,
  refusalBytes: 4096,
  /** From opening the stream to the whole answer. */
  askTimeoutMs: 60_000,
  /** A side that takes longer than this to send its next frame is given up. */
  frameTimeoutMs: 20_000,
  blobBytes: 1024 * 1024 * 1024,
  blobChunkBytes: 256 * 1024,
  /** Chunks asked for and not yet arrived, per provider: WebRTC streams have no back pressure of their own. */
  blobChunksInFlight: 8,
  blobProviders: 4,
} as const;
