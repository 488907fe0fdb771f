/** One job: how it learns, who works on it, what was checked and paid, and the trained model. */
import type { JobCard, TabModel } from '#web/tab/tabModel.ts';
import { Challenges } from '../parts/Challenges.tsx';
import { Curves } from '../parts/Curves.tsx';
import { count, percent, short } from '../parts/format.ts';
import { Crew } from '../parts/Crew.tsx';
import { Money } from '../parts/Money.tsx';
import { PhaseChip } from '../parts/PhaseChip.tsx';
import { SlotMap } from '../parts/SlotMap.tsx';
import { Timeline } from '../parts/Timeline.tsx';
import { Trained } from '../parts/Trained.tsx';

export function JobPage({ tab, id }: { readonly tab: TabModel; readonly id: string }) {
  const card = tab.jobs.value.find((one) => String(one.id) === id);
  if (!card)
    return (
      <section class="card">
        <h1>Job {id}</h1>
        <p role="status">{tab.network.value.chain === 'connected' ? 'There is no such job here.' : 'Reading the chain…'}</p>
        <p>
          <a href="#/">All jobs</a>
        </p>
      </section>
    );
  const { view, spec } = card;
  const me = tab.account.value.address.toLowerCase();
  const own = view.requestor.toLowerCase() === me;
  const wanted = view.phase === 'recruiting' && !own && !view.bids.some(({ bidder }) => bidder.toLowerCase() === me);
  return (
    <>
      <h1>{spec?.title ?? `Job ${id}`}</h1>
      <p class="row">
        <PhaseChip view={view} />
        <Facts card={card} own={own} />
      </p>
      <p class="lead" role="status">
        {describe(card)}
        {own && view.phase !== 'finished' && view.phase !== 'cancelled' ? ' Keep this tab open: it keeps the work of the others and tests the model after each round.' : ''}
      </p>
      {wanted ? (
        <p>
          <a class="button main" href="#/contribute">
            Lend this tab
          </a>
        </p>
      ) : null}
      {view.challenges.length ? <Challenges view={view} /> : null}
      <div class="grid wide-first">
        <section class="card" aria-labelledby="learning">
          <h2 id="learning">How it learns</h2>
          <Curves curve={card.curve} tests={card.testAccuracy} rounds={view.terms.rounds} />
        </section>
        <Money view={view} />
      </div>
      <div class="grid wide-first">
        <section class="card" aria-labelledby="map">
          <h2 id="map">Slots and rounds</h2>
          <SlotMap view={view} />
        </section>
        <Crew view={view} me={me} />
      </div>
      <Trained tab={tab} card={card} />
      <section class="card" aria-labelledby="timeline">
        <h2 id="timeline">What happened</h2>
        <Timeline events={card.events} view={view} />
      </section>
    </>
  );
}

function Facts({ card: { spec, view }, own }: { readonly card: JobCard; readonly own: boolean }) {
  const { terms } = view;
  return (
    <span class="faint">
      {spec ? `${count(spec.stepsPerRound)} steps a round, batch ${spec.batch}, ` : ''}
      {percent(terms.auditRate / 10_000)} of the work checked, posted by {own ? 'you' : <code>{short(view.requestor)}</code>}
      {spec ? `, licence: ${spec.licence}` : ''}
    </span>
  );
}

function describe({ view }: JobCard): string {
  const seats = view.bids.filter(({ slot }) => slot !== null).length;
  switch (view.phase) {
    case 'recruiting':
      return `Looking for tabs: ${seats} of ${view.terms.slots} slots are taken.`;
    case 'running':
      return `Round ${view.round + 1} of ${view.terms.rounds} is running in ${seats} ${seats === 1 ? 'tab' : 'tabs'}.`;
    case 'finished':
      return `Finished after ${view.terms.rounds} rounds.`;
    case 'cancelled':
      return 'Cancelled; the bounty went back.';
  }
}
