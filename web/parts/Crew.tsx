/** The tabs in a job: who trains, who waits, who checks. */
import type { JobView } from '#swarm/protocol/jobView.ts';
import { count, short, tut } from './format.ts';
import { Icon } from './Icon.tsx';

export function Crew({ view, me }: { readonly view: JobView; readonly me: string }) {
  const bids = view.bids.toSorted((a, b) => (a.slot ?? view.terms.slots) - (b.slot ?? view.terms.slots));
  const name = (address: string) => (
    <>
      <code>{short(address)}</code>
      {address.toLowerCase() === me ? <span class="chip you">you</span> : null}
    </>
  );
  return (
    <section class="card" aria-labelledby="crew">
      <h2 id="crew">Tabs</h2>
      {bids.length + view.auditors.length === 0 ? <p class="faint">Nobody yet.</p> : null}
      <ul class="plain crew">
        {bids.map(({ bidder, slot, priceWei, reputation, macsPerSecond }) => (
          <li key={bidder}>
            <Icon name={slot === null ? 'clock' : 'chip'} />
            <span>
              {name(bidder)} {slot === null ? 'waits for a slot' : `trains slot ${slot + 1}`}
              <span class="faint">
                {tut(priceWei)} a round, reputation {reputation}, {count(Number(macsPerSecond))} multiply-adds a second
              </span>
            </span>
          </li>
        ))}
        {view.auditors.map((auditor) => (
          <li key={`${auditor} checks`}>
            <Icon name="lens" />
            <span>{name(auditor)} checks others' work</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
