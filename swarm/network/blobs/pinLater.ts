/** Pins that no hub took, offered again until one does: a relay that was down must not leave holes behind. */
import type { Hash } from '#swarm/protocol/jobSpec.ts';

const FIRST_WAIT_MS = 4000;
/** A hub that is full answers every time: it is not asked often. */
const LONGEST_WAIT_MS = 300_000;
/** The oldest are dropped: those who need them have them by then, or never will. */
const MOST_OWED = 1024;

export interface PinLater {
  owe(hash: Hash): void;
  stop(): void;
}

/** `pin` errors while no hub takes it. Each wait is twice the last, until something is pinned. */
export function pinLater(pin: (hash: Hash) => Promise<void>, firstWaitMs: number = FIRST_WAIT_MS): PinLater {
  const owed = new Set<Hash>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitMs = firstWaitMs;
  let stopped = false;

  const tryAll = async () => {
    for (const hash of owed) {
      try {
        await pin(hash);
        owed.delete(hash);
        waitMs = firstWaitMs;
      } catch {
        waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
        break;
      }
    }
    timer = undefined;
    arm();
  };
  const arm = () => {
    if (stopped || timer !== undefined || owed.size === 0) return;
    timer = setTimeout(() => void tryAll(), waitMs);
    // In Node a debt does not keep the process alive.
    if (typeof timer === 'object') (timer as { unref?: () => void }).unref?.();
  };
  return {
    owe(hash) {
      owed.add(hash);
      for (const oldest of owed) {
        if (owed.size <= MOST_OWED) break;
        owed.delete(oldest);
      }
      arm();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
