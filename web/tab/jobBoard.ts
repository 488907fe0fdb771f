/** All jobs as cards: chain snapshots, their specs from the mesh, events, and curves from loss reports. */
import { signal } from '@preact/signals';
import type { ChainClient } from '#swarm/chain/createChainClient.ts';
import { readEvents } from '#swarm/chain/readEvents.ts';
import { readJobs } from '#swarm/chain/readJobs.ts';
import type { Blobs } from '#swarm/network/mesh.ts';
import type { Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';
import { parseJobSpec } from '#swarm/protocol/parseJobSpec.ts';
import { keptCurves, type LossHeard } from './keptCurves.ts';
import type { JobCard } from './tabModel.ts';

const JOBS_SHOWN = 30;

export type JobBoard = ReturnType<typeof createJobBoard>;

/** `place` names the chain that the jobs are on. */
export function createJobBoard(blobs: Blobs, storage: Pick<Storage, 'getItem' | 'setItem'>, place: string) {
  const jobs = signal<readonly JobCard[]>([]);
  const specs = new Map<Hash, JobSpec>();
  const fetching = new Set<Hash>();
  const curves = keptCurves(storage, place);
  const shown = (job: bigint) => {
    const { curve, testAccuracy } = curves.of(job);
    return { curve, testAccuracy };
  };

  function fetchSpec(hash: Hash) {
    if (specs.has(hash) || fetching.has(hash)) return;
    fetching.add(hash);
    blobs
      .get(hash)
      .then((bytes) => {
        specs.set(hash, parseJobSpec(bytes));
        jobs.value = jobs.value.map((card) => (card.view.terms.specHash === hash ? { ...card, spec: specs.get(hash) ?? null } : card));
      })
      .catch(() => undefined)
      .finally(() => fetching.delete(hash));
  }

  function touch(job: bigint) {
    jobs.value = jobs.value.map((card) => (card.id === job ? { ...card, ...shown(job) } : card));
  }

  return {
    jobs,
    async refresh(chain: ChainClient) {
      const views = await readJobs(chain, { limit: JOBS_SHOWN });
      const events = await readEvents(chain);
      for (const view of views) fetchSpec(view.terms.specHash);
      jobs.value = views.map((view) => ({
        id: view.id,
        spec: specs.get(view.terms.specHash) ?? null,
        view,
        events: events.filter((event) => event.args['job'] === view.id),
        ...shown(view.id),
      }));
    },
    addLoss(job: bigint, report: LossHeard, stepsPerRound: number) {
      curves.addLoss(job, report, stepsPerRound);
      touch(job);
    },
    addTestAccuracy(job: bigint, round: number, accuracy: number) {
      curves.addTestAccuracy(job, round, accuracy);
      touch(job);
    },
  };
}
