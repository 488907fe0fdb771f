/** Loss and test accuracy of jobs, as this tab heard or measured them, kept in its storage so that a reload forgets none. */
import type { CurvePoint, JobCard } from './tabModel.ts';

export interface LossHeard {
  readonly round: number;
  readonly slot: number;
  readonly loss: number;
  readonly accuracy: number | null;
}

interface Kept {
  readonly curve: readonly CurvePoint[];
  readonly testAccuracy: JobCard['testAccuracy'];
  /** Reports of the newest rounds, of which the curve's last points are the means. */
  readonly heard: readonly LossHeard[];
}

const NOTHING: Kept = { curve: [], testAccuracy: [], heard: [] };
/** Slots may be a round apart. */
const ROUNDS_HEARD = 3;

/** `place` names the chain that the jobs are on: after a new one has begun, job 1 is another job. */
export function keptCurves(storage: Pick<Storage, 'getItem' | 'setItem'>, place: string) {
  const known = new Map<bigint, Kept>();
  const keyOf = (job: bigint) => `tutti.curves.${place}.${job}`;

  const of = (job: bigint): Kept => {
    const kept = known.get(job) ?? read(storage.getItem(keyOf(job)));
    known.set(job, kept);
    return kept;
  };
  const keep = (job: bigint, kept: Kept) => {
    known.set(job, kept);
    try {
      storage.setItem(keyOf(job), JSON.stringify(kept));
    } catch {
      // A full storage costs the curve at the next reload, nothing now.
    }
  };

  return {
    of,
    /** One point a round: the mean of the slots heard of. */
    addLoss(job: bigint, report: LossHeard, stepsPerRound: number) {
      const { curve, heard, testAccuracy } = of(job);
      const others = heard.filter(({ round, slot }) => round > report.round - ROUNDS_HEARD && !(round === report.round && slot === report.slot));
      const all = [...others, report];
      const round = all.filter((one) => one.round === report.round);
      const accuracies = round.flatMap(({ accuracy }) => (accuracy === null ? [] : [accuracy]));
      const point = {
        round: report.round,
        step: (report.round + 1) * stepsPerRound,
        loss: mean(round.map(({ loss }) => loss)),
        accuracy: accuracies.length ? mean(accuracies) : null,
      };
      keep(job, { testAccuracy, heard: all, curve: inOrder(curve, point) });
    },
    addTestAccuracy(job: bigint, round: number, accuracy: number) {
      const kept = of(job);
      keep(job, { ...kept, testAccuracy: inOrder(kept.testAccuracy, { round, accuracy }) });
    },
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function inOrder<T extends { readonly round: number }>(items: readonly T[], item: T): T[] {
  return [...items.filter(({ round }) => round !== item.round), item].sort((a, b) => a.round - b.round);
}

function read(text: string | null): Kept {
  if (text === null) return NOTHING;
  try {
    return { ...NOTHING, ...(JSON.parse(text) as Partial<Kept>) };
  } catch {
    return NOTHING;
  }
}
