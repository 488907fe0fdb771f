/** Solvers that lie, by how: each takes an honest engine and gives one that fakes its own rounds, and replays others' truly. */
import { sha256 } from '@noble/hashes/sha2.js';
import { toHash } from '#swarm/protocol/hex.ts';
import type { RoundResult, TrainingEngine } from '#swarm/peer/trainingEngine.ts';

type Lie = (honest: TrainingEngine) => TrainingEngine;

/** Roots of every checkpoint after the first are those of another state: as if one bit of it were different throughout. */
function changedRoots(result: RoundResult): RoundResult {
  const change = (root: RoundResult['proposalRoot']) => toHash(sha256(new TextEncoder().encode(`another ${root}`)));
  return { ...result, checkpointRoots: result.checkpointRoots.map((root, k) => (k === 0 ? root : change(root))) };
}

export const LIES: Readonly<Record<string, Lie>> = {
  /** Claims states that differ from the true ones, with a delta that belongs to a true round. */
  flipsLastBit: (honest) => ({ ...honest, train: async (...args) => changedRoots(await honest.train(...args)) }),
  /** Trains on another slot's rows and claims them as its own. */
  wrongSlice: (honest) => ({
    ...honest,
    async train(job, round, slot, state, onStep, signal) {
      const other = await honest.train(job, round, slot + 1, state, onStep, signal);
      const own = await honest.train(job, round, slot, state, () => undefined, signal);
      return { ...own, checkpointRoots: [own.checkpointRoots[0] as RoundResult['proposalRoot'], ...other.checkpointRoots.slice(1)] };
    },
  }),
};
