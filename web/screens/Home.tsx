/** What Tutti is, two doors, and the jobs there are. */
import type { JobCard, TabModel } from '#web/tab/tabModel.ts';
import { Ensemble } from '../parts/Ensemble.tsx';
import { percent, tut } from '../parts/format.ts';
import { Icon, type IconName } from '../parts/Icon.tsx';
import { PhaseChip } from '../parts/PhaseChip.tsx';
import { Sparkline } from '../parts/Sparkline.tsx';

export function Home({ tab }: { readonly tab: TabModel }) {
  const jobs = tab.jobs.value;
  const slots = jobs.flatMap(({ view }) => view.rounds.flatMap((round) => round.slots));
  const paid = slots.filter(({ phase }) => phase === 'paid');
  const matched = slots.filter(({ audit }) => audit?.phase === 'matched').length;
  const figures: readonly (readonly [name: string, value: string])[] = [
    ['jobs', String(jobs.length)],
    ['rounds paid', String(paid.length)],
    ['paid for them', tut(paid.reduce((sum, { payWei }) => sum + payWei, 0n))],
    ['pieces checked and equal', String(matched)],
    ['tabs that this one knows', String(tab.network.value.peers.length)],
  ];
  return (
    <>
      <Welcome />
      <dl class="figures strip">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <section aria-labelledby="jobs">
        <h2 id="jobs">Jobs</h2>
        {jobs.length === 0 ? (
          <p class="empty">{tab.network.value.chain === 'connected' ? 'No job has been posted yet. Post the first one: the digits are ready to go.' : 'Reading the chain…'}</p>
        ) : null}
        <div class="grid even">
          {jobs.map((card) => (
            <JobTile key={String(card.id)} card={card} />
          ))}
        </div>
      </section>
    </>
  );
}

/** Shown before the tab is connected, too. */
export function Welcome() {
  return (
    <>
      <div class="hero">
        <div>
          <h1>Tabs that train models together, and prove it</h1>
          <p class="lead">
            Anyone can lend a browser tab's graphics processor and is paid for the work. Random pieces of it are run again by other tabs, and every bit has to agree.
          </p>
        </div>
        <Ensemble />
      </div>
      <div class="doors">
        <a class="door main" href="#/contribute">
          <Icon name="chip" />
          <span>
            <strong>Lend this tab</strong>
            <span>Train or check, and be paid. Nothing to install.</span>
          </span>
        </a>
        <a class="door" href="#/post">
          <Icon name="plus" />
          <span>
            <strong>Post a job</strong>
            <span>Your model and your data, priced before you pay.</span>
          </span>
        </a>
      </div>
    </>
  );
}

const KINDS: Readonly<Record<string, IconName>> = { digits: 'digits', text: 'text', table: 'table', images: 'picture' };

function JobTile({ card }: { readonly card: JobCard }) {
  const { view, spec, curve, testAccuracy } = card;
  const { rounds, slots } = view.terms;
  const best = testAccuracy.at(-1);
  const done = view.phase === 'finished' ? rounds : view.rounds.filter(({ closed }) => closed).length;
  const loss = curve.at(-1)?.loss;
  return (
    <article class="card tile">
      <h3>
        <Icon name={KINDS[spec?.task.kind ?? ''] ?? 'cube'} />
        <a href={`#/job/${card.id}`}>{spec?.title ?? `Job ${card.id}`}</a>
      </h3>
      <p class="row">
        <PhaseChip view={view} />
        <span class="faint">
          {done} of {rounds} rounds, {slots} {slots === 1 ? 'slot' : 'slots'}
        </span>
      </p>
      <Sparkline values={curve.map((point) => point.loss)} label="Loss" />
      <dl class="figures small">
        {loss === undefined ? null : (
          <div>
            <dt>loss</dt>
            <dd>{loss.toFixed(3)}</dd>
          </div>
        )}
        {best ? (
          <div>
            <dt>test accuracy</dt>
            <dd>{percent(best.accuracy)}</dd>
          </div>
        ) : null}
        <div>
          <dt>{view.phase === 'finished' ? 'bounty' : 'in escrow'}</dt>
          <dd>{tut(view.phase === 'finished' ? view.terms.bountyWei : view.escrowWei)}</dd>
        </div>
      </dl>
    </article>
  );
}
