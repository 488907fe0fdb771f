/** Where a solver keeps its checkpoint states: a convenience (auditors need not replay from G_r), never an obligation. */
import type { Bits } from '#engine/program/executor.ts';

export interface CheckpointStore {
  /** May fail (a full disk): the round goes on. */
  put(checkpoint: number, state: readonly Bits[]): Promise<void>;
  /** Null where it is not kept. In the order of `program.state`. */
  get(checkpoint: number): Promise<readonly Bits[] | null>;
}

/** For tests, and for tabs without a disk. */
export function memoryCheckpoints(): CheckpointStore {
  const states = new Map<number, readonly Bits[]>();
  return {
    async put(checkpoint, state) {
      states.set(checkpoint, state);
    },
    async get(checkpoint) {
      return states.get(checkpoint) ?? null;
    },
  };
}
