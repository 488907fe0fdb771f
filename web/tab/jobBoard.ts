/** All jobs as cards: chain snapshots, their specs from the mesh, events, and curves from loss reports. */
import { signal } from '@preact/signals';
import type { ChainClient } from '#swarm/chain/createChainClient.ts';
import { readEvents } from '#swarm/chain/readEvents.ts';
import { readJobs } from '#swarm/chain/readJobs.ts';
import type { Blobs } from '#swarm/network/mesh.ts';
import type { Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';
import { parseJobSpec } from '#swarm/protocol/parseJobSpec.ts';
import type { CurvePoint, JobCard } from './tabModel.ts';

const JOBS_SHOWN = 30;

export interface LossHeard {
  readonly round: number;
  readonly slot: number;
  readonly loss: number;
  readonly accuracy: number | null;
}

export type JobBoard = ReturnType<typeof createJobBoard>;

export function createJobBoard(blobs: Blobs, storage: Pick<Storage, 'getItem' | 'setItem'>) {
  const jobs = signal<readonly JobCard[]>([]);
  const specs = new Map<Hash, JobSpec>();
  const fetching = new Set<Hash>();
  /** Loss reports by job, then `round/slot`. */
  const heard = new Map<bigint, Map<string, LossHeard>>();
  const curveKey = (job: bigint) => `tutti.curve.${job}`;
  const curves = new Map<bigint, CurvePoint[]>();
  const accuracies = new Map<bigint, { round: number; accuracy: number }[]>();
  const curveOf = (job: bigint): CurvePoint[] => {
    const kept = curves.get(job) ?? (JSON.parse(storage.getItem(curveKey(job)) ?? '[]') as CurvePoint[]);
    curves.set(job, kept);
    return kept;
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
    jobs.value = jobs.value.map((card) => (card.id === job ? { ...card, curve: [...curveOf(job)], testAccuracy: [...(accuracies.get(job) ?? [])] } : card));
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
        curve: [...curveOf(view.id)],
        testAccuracy: [...(accuracies.get(view.id) ?? [])],
      }));
    },
    /** One point a round: the mean of the slots heard of. */
    addLoss(job: bigint, report: LossHeard, stepsPerRound: number) {
      const curve = curveOf(job);
      const key = `${report.round}/${report.slot}`;
      const seen = heard.get(job) ?? new Map<string, LossHeard>();
      heard.set(job, seen.set(key, report));
      const reports = [...seen.values()].filter(({ round }) => round === report.round);
      const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
      const known = reports.flatMap(({ accuracy }) => (accuracy === null ? [] : [accuracy]));
      const point = { round: report.round, step: (report.round + 1) * stepsPerRound, loss: mean(reports.map(({ loss }) => loss)), accuracy: known.length ? mean(known) : null };
      curves.set(
        job,
        [...curve.filter(({ round }) => round !== report.round), point].sort((a, b) => a.round - b.round),
      );
      storage.setItem(curveKey(job), JSON.stringify(curves.get(job)));
      touch(job);
    },
    addTestAccuracy(job: bigint, round: number, accuracy: number) {
      const known = accuracies.get(job) ?? [];
      accuracies.set(
        job,
        [...known.filter((one) => one.round !== round), { round, accuracy }].sort((a, b) => a.round - b.round),
      );
      touch(job);
    },
  };
}
