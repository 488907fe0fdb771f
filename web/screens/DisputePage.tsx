/** One dispute, live and afterwards: how it narrows from a round to one multiply-add, what the court computed, and every move. */
import { effect, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { DisputeView } from '#swarm/protocol/disputeView.ts';
import type { TabModel } from '#web/tab/tabModel.ts';
import { DisputeMoves } from '../parts/DisputeMoves.tsx';
import { DisputeRuling } from '../parts/DisputeRuling.tsx';
import { DisputeWalk } from '../parts/DisputeWalk.tsx';
import { count, messageOf, short } from '../parts/format.ts';
import { Icon } from '../parts/Icon.tsx';

export function DisputePage({ tab, id }: { readonly tab: TabModel; readonly id: string }) {
  const view = useSignal<DisputeView | null>(null);
  const failure = useSignal<string | null>(null);
  const known = /^\d{1,18}$/.test(id);
  useEffect(() => {
    if (!known) return;
    let closed = false;
    let reading = Promise.resolve();
    // The board of jobs is read anew with every block; so is this.
    const stop = effect(() => {
      void tab.jobs.value;
      reading = reading.then(async () => {
        if (closed) return;
        try {
          const next = await tab.dispute(id);
          if (!closed) [view.value, failure.value] = [next, null];
        } catch (error) {
          if (!closed) failure.value = messageOf(error);
        }
      });
    });
    return () => {
      closed = true;
      stop();
    };
  }, [tab, id, known, view, failure]);
  if (!known) return <Missing words="A dispute's link ends in its number. Open one from a job's page." />;
  if (!view.value && failure.value) return <Missing words={failure.value} />;
  if (!view.value)
    return (
      <>
        <h1>Dispute {id}</h1>
        <p role="status">Reading the chain…</p>
      </>
    );
  return <Shown view={view.value} title={tab.jobs.value.find((card) => String(card.id) === view.value?.job)?.spec?.title ?? null} />;
}

function Missing({ words }: { readonly words: string }) {
  return (
    <section class="card">
      <h1>There is no dispute here</h1>
      <p>{words}</p>
      <p>
        <a href="#/">All jobs</a>
      </p>
    </section>
  );
}

function Shown({ view, title }: { readonly view: DisputeView; readonly title: string | null }) {
  const { id, job, round, slot, challenger, defender, transactions, ruling } = view;
  const gas = transactions.reduce((sum, one) => sum + one.gas, 0);
  const [first, last] = [transactions[0], transactions.at(-1)];
  return (
    <>
      <h1>Dispute {id}</h1>
      <p class="lead">
        {job ? (
          <>
            <a href={`#/job/${job}`}>{title ?? `Job ${job}`}</a>,{' '}
          </>
        ) : null}
        round {round + 1}, {slot === NO_SLOT ? 'the model after it' : `slot ${slot + 1}`}: <code>{short(challenger)}</code> got another result than the{' '}
        {slot === NO_SLOT ? 'poster' : 'solver'} <code>{short(defender)}</code>.
      </p>
      <Standing view={view} />
      <section class="card" aria-labelledby="walk">
        <h2 id="walk">Where it narrows</h2>
        <DisputeWalk view={view} />
        {view.operation ? <Operation view={view} /> : null}
      </section>
      {ruling ? (
        <section class="card" aria-labelledby="ruling">
          <h2 id="ruling">What the court decided</h2>
          <DisputeRuling view={view} ruling={ruling} />
        </section>
      ) : null}
      <section class="card" aria-labelledby="moves">
        <h2 id="moves">Every move</h2>
        <dl class="figures small">
          <div>
            <dt>transactions</dt>
            <dd>{transactions.length}</dd>
          </div>
          <div>
            <dt>gas in all</dt>
            <dd>{count(gas)}</dd>
          </div>
          <div>
            <dt>from first to last</dt>
            <dd>{first && last ? `${count(last.time - first.time)} s` : ''}</dd>
          </div>
        </dl>
        <DisputeMoves view={view} />
      </section>
      <p class="faint">All of this is read from the chain. Nobody votes: the contract executes the one operation that the two sides differ in.</p>
    </>
  );
}

function Standing({ view }: { readonly view: DisputeView }) {
  const { winner, moot, turn, until } = view;
  if (winner)
    return (
      <p class={`standing ${winner === 'challenger' ? 'bad' : 'good'}`} role="status">
        <Icon name={winner === 'challenger' ? 'cross' : 'check'} />
        <span>{winner === 'challenger' ? 'The solver was wrong.' : 'The solver was right.'}</span>
      </p>
    );
  if (moot)
    return (
      <p class="standing" role="status">
        <span>It became moot: what it was about had been settled already.</span>
      </p>
    );
  return (
    <p class="standing wait" role="status">
      <Icon name="clock" />
      <span>
        The {turn === 'defender' ? 'solver' : 'challenger'} is to move until {new Date(until * 1000).toLocaleTimeString()}; after that it has lost.
      </span>
    </p>
  );
}

/** A game about a posted root is about no slot's work. */
const NO_SLOT = 0xffffffff;

const REDUCES: Readonly<Record<string, string>> = {
  none: 'one body for each element',
  sum: 'a sum',
  mac: 'a sum of products',
  max: 'the largest of many',
  argmax: 'the place of the largest',
};

function Operation({ view: { operation, profile } }: { readonly view: DisputeView }) {
  if (!operation) return null;
  const { label, reduce, shape, extents, formula } = operation;
  return (
    <p>
      <strong>{label}</strong>: {REDUCES[reduce] ?? reduce}
      {extents.length ? ` over ${extents.join(' × ')}` : ''}, {shape.length ? `for each of ${shape.join(' × ')} elements` : 'one element'}
      {reduce === 'mac' && profile ? `, factors rounded by ${profile}` : ''}.
      {formula.map((line) => (
        <code key={line} class="formula">
          {line}
        </code>
      ))}
    </p>
  );
}
