/** G_r from what is public for ever: the initial state and the counted deltas, whose hashes stand on chain (T5). */
import type { Blobs } from '#swarm/network/mesh.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { JobView, RoundView } from '#swarm/protocol/jobView.ts';
import { parseJobSpec } from '#swarm/protocol/parseJobSpec.ts';
import type { DeltaClaim, TrainingEngine } from './trainingEngine.ts';

interface Source {
  readonly blobs: Blobs;
  /** Mesh ids to ask. */
  readonly from: readonly string[];
}

/** Errors: a delta that nobody holds any more. */
export async function fetchDeltas({ blobs, from }: Source, round: RoundView): Promise<(DeltaClaim & { bytes: Uint8Array })[]> {
  return Promise.all(
    round.slots.flatMap(({ slot, commitment }) => {
      if (!commitment) return [];
      const { deltaHash, proposalRoot } = commitment;
      return [blobs.get(deltaHash, { from }).then((bytes) => ({ slot, deltaHash, proposalRoot, bytes }))];
    }),
  );
}

/** Computes every round before `round` again. `key`: the job as `engine.open` was given it. */
export async function rebuildGlobal(source: Source & { readonly engine: TrainingEngine }, key: string, view: JobView, round: number): Promise<{ state: Uint8Array; root: Hash }> {
  const { blobs, engine, from } = source;
  const spec = parseJobSpec(await blobs.get(view.terms.specHash, { from }));
  let state = await blobs.get(spec.initialState, { from });
  let root = await engine.globalRoot(key, 0, state);
  if (root !== view.terms.initialRoot) throw new Error(`the initial state has root ${root}, the chain says ${view.terms.initialRoot}`);
  for (let r = 0; r < round; r++) {
    const past = view.rounds[r];
    if (!past?.closed) throw new Error(`round ${r + 1} is not closed yet`);
    ({ state, root } = await engine.next(key, r, state, await fetchDeltas(source, past)));
  }
  return { state, root };
}
