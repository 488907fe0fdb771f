/** One job: how it learns, who works on it, what was checked and paid, and the trained model. */
import { useSignal } from '@preact/signals';
import type { JobCard, TabModel } from '#web/tab/tabModel.ts';
import { Curves } from '../parts/Curves.tsx';
import { messageOf, percent, short, tut } from '../parts/format.ts';
import { SlotMap } from '../parts/SlotMap.tsx';
import { Timeline } from '../parts/Timeline.tsx';
import { TryIt } from '../parts/TryIt.tsx';

export function JobPage({ tab, id }: { readonly tab: TabModel; readonly id: string }) {
  const card = tab.jobs.value.find((one) => String(one.id) === id);
  if (!card)
    return (
      <section class="card">
        <h1>Job {id}</h1>
        <p role="status">{tab.network.value.chain === 'connected' ? 'There is no such job here.' : 'Reading the chain…'}</p>
      </section>
    );
  const { view, spec } = card;
  const own = view.requestor.toLowerCase() === tab.account.value.address.toLowerCase();
  return (
    <>
      <h1>{spec?.title ?? `Job ${id}`}</h1>
      <p class="lead" role="status">
        {describe(card)}
        {own && view.phase !== 'finished' ? ' Keep this tab open: it keeps the work of the others and tests the model after each round.' : ''}
      </p>
      <section class="card" aria-labelledby="learning">
        <h2 id="learning">How it learns</h2>
        <Curves curve={card.curve} tests={card.testAccuracy} />
      </section>
      <div class="grid">
        <section class="card" aria-labelledby="map">
          <h2 id="map">Slots and rounds</h2>
          <SlotMap view={view} />
        </section>
        <Money card={card} />
      </div>
      {view.challenges.length ? <Challenges card={card} /> : null}
      <section class="card" aria-labelledby="timeline">
        <h2 id="timeline">What happened</h2>
        <Timeline events={card.events} view={view} />
      </section>
      <Trained tab={tab} card={card} />
    </>
  );
}

function describe({ view }: JobCard): string {
  const seats = view.bids.filter(({ slot }) => slot !== null).length;
  switch (view.phase) {
    case 'recruiting':
      return `Looking for tabs: ${seats} of ${view.terms.slots} slots are taken.`;
    case 'running':
      return `Round ${view.round + 1} of ${view.terms.rounds} is running in ${seats} tabs.`;
    case 'finished':
      return `Finished after ${view.terms.rounds} rounds.`;
    case 'cancelled':
      return 'Cancelled; the bounty went back.';
  }
}

function Money({ card: { view } }: { readonly card: JobCard }) {
  const slots = view.rounds.flatMap((round) => round.slots);
  const paid = slots.filter(({ phase }) => phase === 'paid');
  const pending = slots.filter(({ phase }) => ['committed', 'waiting', 'drawn', 'held'].includes(phase));
  const total = (list: typeof slots) => list.reduce((sum, { payWei }) => sum + payWei, 0n);
  const counted = slots.filter(({ commitment }) => commitment !== null);
  const unaudited = counted.filter(({ audit }) => audit?.phase !== 'matched').length;
  return (
    <section class="card" aria-labelledby="money">
      <h2 id="money">Money</h2>
      <dl class="figures">
        <div>
          <dt>in escrow</dt>
          <dd>{tut(view.escrowWei)}</dd>
        </div>
        <div>
          <dt>paid</dt>
          <dd>{tut(total(paid))}</dd>
        </div>
        <div>
          <dt>pending</dt>
          <dd>{tut(total(pending))}</dd>
        </div>
        <div>
          <dt>not run again by anyone</dt>
          <dd>{counted.length ? percent(unaudited / counted.length) : '–'}</dd>
        </div>
      </dl>
      <h3>Tabs</h3>
      <ul class="plain">
        {view.bids.map(({ bidder, slot, priceWei, reputation }) => (
          <li key={bidder}>
            <code>{short(bidder)}</code> {slot === null ? 'waiting' : `slot ${slot + 1}`}, {tut(priceWei)} a round, reputation {reputation}
          </li>
        ))}
        {view.auditors.map((auditor) => (
          <li key={auditor}>
            <code>{short(auditor)}</code> checks
          </li>
        ))}
      </ul>
    </section>
  );
}

function Challenges({ card: { view } }: { readonly card: JobCard }) {
  return (
    <section class="card" aria-labelledby="challenges">
      <h2 id="challenges" class="bad">
        Disputed work
      </h2>
      <ul class="plain">
        {view.challenges.map((challenge) => (
          <li key={String(challenge.id)}>
            Round {challenge.round + 1}, {challenge.slot === 65535 ? 'the posted model' : `slot ${challenge.slot + 1}`}: <code>{short(challenge.challenger)}</code> got another
            result and put {tut(challenge.bondWei)} on it.{' '}
            {challenge.phase === 'open'
              ? `The pay is held until ${new Date(challenge.expiresAt * 1000).toLocaleTimeString()}.`
              : 'Nobody decided it in time: everyone got back what they put in.'}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Trained({ tab, card }: { readonly tab: TabModel; readonly card: JobCard }) {
  const failure = useSignal<string | null>(null);
  const closed = card.view.rounds.some((round) => round.closed);
  const save = (files: () => Promise<readonly { readonly name: string; readonly bytes: Uint8Array }[]>) => async () => {
    failure.value = null;
    try {
      for (const { name, bytes } of await files()) saveFile(name, bytes);
    } catch (error) {
      failure.value = messageOf(error);
    }
  };
  if (!closed) return null;
  return (
    <section class="card" aria-labelledby="trained">
      <h2 id="trained">The trained model</h2>
      <p class="row">
        <button type="button" class="main" onClick={() => void save(() => tab.downloadLayersModel(card.id))()}>
          Download for TensorFlow.js
        </button>
        <button type="button" onClick={() => void save(async () => [{ name: `tutti-job-${card.id}.safetensors`, bytes: await tab.downloadSafetensors(card.id) }])()}>
          Download as safetensors
        </button>
      </p>
      {failure.value ? (
        <p class="bad" role="alert">
          {failure.value}
        </p>
      ) : null}
      <TryIt tab={tab} job={card.id} task={card.spec?.task ?? null} />
    </section>
  );
}

function saveFile(name: string, bytes: Uint8Array): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes.slice()]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
