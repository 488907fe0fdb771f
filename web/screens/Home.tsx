/** What Tutti is, two doors, and the jobs there are. */
import type { JobCard, TabModel } from '#web/tab/tabModel.ts';
import { percent, tut } from '../parts/format.ts';

export function Home({ tab }: { readonly tab: TabModel }) {
  const jobs = tab.jobs.value;
  const paid = jobs.flatMap(({ view }) => view.rounds.flatMap(({ slots }) => slots)).filter(({ phase }) => phase === 'paid').length;
  const matched = jobs.flatMap(({ view }) => view.rounds.flatMap(({ slots }) => slots)).filter(({ audit }) => audit?.phase === 'matched').length;
  return (
    <>
      <h1>Tabs that train models together, and prove it</h1>
      <p class="lead">Anyone can lend a browser tab's graphics processor and is paid for the work. Random pieces of it are run again by other tabs, and every bit has to agree.</p>
      <p class="row">
        <a class="button main" href="#/contribute">
          Lend this tab
        </a>
        <a class="button" href="#/post">
          Post a job
        </a>
      </p>
      <dl class="figures">
        <div>
          <dt>jobs</dt>
          <dd>{jobs.length}</dd>
        </div>
        <div>
          <dt>rounds paid</dt>
          <dd>{paid}</dd>
        </div>
        <div>
          <dt>pieces checked and equal</dt>
          <dd>{matched}</dd>
        </div>
        <div>
          <dt>peers of this tab</dt>
          <dd>{tab.network.value.peers.length}</dd>
        </div>
      </dl>
      <section aria-labelledby="jobs">
        <h2 id="jobs">Jobs</h2>
        {jobs.length === 0 ? <p class="faint">No job has been posted yet. Post the first one.</p> : null}
        <div class="grid">
          {jobs.map((card) => (
            <JobTile key={String(card.id)} card={card} />
          ))}
        </div>
      </section>
    </>
  );
}

const PHASES = { recruiting: 'looking for tabs', running: 'running', finished: 'finished', cancelled: 'cancelled' } as const;

function JobTile({ card }: { readonly card: JobCard }) {
  const { view, spec, curve, testAccuracy } = card;
  const best = testAccuracy.at(-1);
  return (
    <article class="card">
      <h3>
        <a href={`#/job/${card.id}`}>{spec?.title ?? `Job ${card.id}`}</a>
      </h3>
      <p class="faint">
        {PHASES[view.phase]}, round {Math.min(view.round + 1, view.terms.rounds)} of {view.terms.rounds}, {tut(view.escrowWei)} in escrow
      </p>
      <Sparkline values={curve.map(({ loss }) => loss)} />
      {best ? <p>Test accuracy {percent(best.accuracy)}</p> : null}
    </article>
  );
}

function Sparkline({ values }: { readonly values: readonly number[] }) {
  if (values.length < 2) return null;
  const most = Math.max(...values) || 1;
  const points = values.map((value, k) => `${((k * 200) / (values.length - 1)).toFixed(1)},${(38 - (34 * value) / most).toFixed(1)}`).join(' ');
  return (
    <svg class="chart" viewBox="0 0 200 40" role="img" aria-label={`Loss from ${values[0]?.toFixed(2)} to ${values.at(-1)?.toFixed(2)}`}>
      <polyline class="loss" points={points} />
    </svg>
  );
}
