/** Calls back on each new block (and once at the start), by polling: it works on every RPC and through every proxy. */
import type { ChainClient } from './createChainClient.ts';
import { describeFailure } from './describeRevert.ts';

export interface BlockHead {
  readonly number: bigint;
  /** Seconds of block time. */
  readonly time: number;
}

export interface WatchOptions {
  readonly pollMs?: number;
  /** Called when the RPC stops answering; polling goes on, slower. */
  readonly onError?: (error: Error) => void;
}

const SLOWEST_MS = 15_000;

/** Returns a function that stops watching. */
export function watchBlocks(chain: ChainClient, onBlock: (head: BlockHead) => void, { pollMs = 1000, onError }: WatchOptions = {}): () => void {
  let seen = -1n;
  let stopped = false;
  let waitMs = pollMs;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const poll = async () => {
    try {
      const block = await chain.publicClient.getBlock();
      waitMs = pollMs;
      if (!stopped && block.number !== seen) {
        seen = block.number;
        onBlock({ number: block.number, time: Number(block.timestamp) });
      }
    } catch (error) {
      waitMs = Math.min(waitMs * 2, SLOWEST_MS);
      if (!stopped) onError?.(describeFailure(error));
    }
    if (!stopped) timer = setTimeout(() => void poll(), waitMs);
  };
  void poll();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
