/** The newest global state of a job, wherever this tab can have it from; proven by its root on chain. */
import type { ChainClient } from '#swarm/chain/createChainClient.ts';
import { readJob } from '#swarm/chain/readJob.ts';
import type { Blobs, Mesh } from '#swarm/network/mesh.ts';
import { getMaterial } from '#swarm/peer/effects/getMaterial.ts';
import { rebuildGlobal } from '#swarm/peer/rebuildGlobal.ts';
import { jobRecords } from '#swarm/peer/records.ts';
import type { PeerStore } from '#swarm/peer/peerStore.ts';
import type { TrainingEngine } from '#swarm/peer/trainingEngine.ts';
import type { JobSpec } from '#swarm/protocol/jobSpec.ts';
import type { JobView } from '#swarm/protocol/jobView.ts';
import { parseJobSpec } from '#swarm/protocol/parseJobSpec.ts';

export interface JobReader {
  readonly chain: ChainClient;
  readonly mesh: Mesh;
  readonly blobs: Blobs;
  readonly engine: TrainingEngine;
  readonly store: PeerStore;
  readonly secret: Uint8Array;
}

export interface OpenedJob {
  readonly view: JobView;
  readonly spec: JobSpec;
  /** The job's name in the engine, of its own so that reading never disturbs work. */
  readonly key: string;
  /** G_round, checked against the chain where its root stands there. */
  readonly globalAt: (round: number) => Promise<Uint8Array>;
  close(): void;
}

/** Program and data into the engine under a key of their own. Errors: those of `getMaterial`. */
export async function openJob(reader: JobReader, job: bigint): Promise<OpenedJob> {
  const { chain, mesh, blobs, engine } = reader;
  const view = await readJob(chain, job);
  const key = `read-${job}-${crypto.randomUUID()}`;
  const from = mesh
    .peers()
    .filter((peer) => peer.path !== 'relay')
    .map((peer) => peer.id);
  const spec = parseJobSpec(await blobs.get(view.terms.specHash, { from }));
  await getMaterial({ blobs, engine, view, key, from });
  return {
    view,
    spec,
    key,
    async globalAt(round) {
      const wanted = view.rounds[round]?.globalRoot ?? null;
      const kept = await jobRecords({ ...reader, job }).global(round);
      if (kept && (wanted === null || kept.root === wanted)) return blobs.get(kept.blob, { from });
      const { state, root } = await rebuildGlobal({ blobs, engine, from }, key, view, round);
      if (wanted !== null && root !== wanted) throw new Error(`The counted work of the rounds before gives root ${root}, the chain says ${wanted}.`);
      return state;
    },
    close: () => engine.close(key),
  };
}

/** The last round whose start is known: after a closed round, the state that comes of it. */
export function newestRound(view: JobView): number {
  const closed = view.rounds.filter((round) => round.closed).length;
  return closed;
}
