/** A job's money: what is held, what was paid, and how much of the work nobody has run again. */
import type { JobView, SlotRoundView } from '#swarm/protocol/jobView.ts';
import { percent, tut } from './format.ts';

const PENDING = new Set(['committed', 'waiting', 'drawn', 'held']);
const total = (slots: readonly SlotRoundView[]) => slots.reduce((sum, { payWei }) => sum + payWei, 0n);

export function Money({ view }: { readonly view: JobView }) {
  const slots = view.rounds.flatMap((round) => round.slots);
  const paidWei = total(slots.filter(({ phase }) => phase === 'paid'));
  const pendingWei = total(slots.filter(({ phase }) => PENDING.has(phase)));
  const done = slots.filter(({ commitment }) => commitment !== null);
  const unaudited = done.filter(({ audit }) => audit?.phase !== 'matched').length;
  return (
    <section class="card" aria-labelledby="money">
      <h2 id="money">Money</h2>
      <Share paidWei={paidWei} pendingWei={pendingWei} wholeWei={view.terms.bountyWei} />
      <dl class="figures">
        <div>
          <dt>in escrow</dt>
          <dd>{tut(view.escrowWei)}</dd>
        </div>
        <div>
          <dt>
            <i class="spot paid" /> paid
          </dt>
          <dd>{tut(paidWei)}</dd>
        </div>
        <div>
          <dt>
            <i class="spot pending" /> pending
          </dt>
          <dd>{tut(pendingWei)}</dd>
        </div>
        <div>
          <dt>not run again by anyone</dt>
          <dd>{done.length ? percent(unaudited / done.length) : '–'}</dd>
        </div>
      </dl>
      <p class="faint">
        {tut(view.terms.bountyWei)} were put in. {view.phase === 'finished' ? 'What was not spent went back.' : 'What is not spent goes back at the end.'}
      </p>
    </section>
  );
}

function Share({ paidWei, pendingWei, wholeWei }: { readonly paidWei: bigint; readonly pendingWei: bigint; readonly wholeWei: bigint }) {
  const width = (wei: bigint) => (wholeWei === 0n ? 0 : Number((wei * 1000n) / wholeWei) / 10);
  return (
    <svg class="share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect class="whole" width="100" height="6" />
      <rect class="paid" width={width(paidWei)} height="6" />
      <rect class="pending" x={width(paidWei)} width={width(pendingWei)} height="6" />
    </svg>
  );
}
