/** What stands on chain about a job, newest first, in words. */
import type { ChainEvent, JobView } from '#swarm/protocol/jobView.ts';
import { short, tut } from './format.ts';
import { receiptLink } from './SlotMap.tsx';

type Args = ChainEvent['args'];
const who = (value: unknown) => short(String(value));
const round = (args: Args) => `round ${Number(args['round']) + 1}`;
const slot = (args: Args) => `slot ${Number(args['slot']) + 1}`;
const amount = (value: unknown) => tut(value as bigint);

const WORDS: Readonly<Record<string, (args: Args) => string>> = {
  JobPosted: (args) => `Posted with ${amount(args['bountyWei'])}`,
  BidPlaced: (args) => `${who(args['bidder'])} offered its tab`,
  SlotTaken: (args) => `${who(args['holder'])} took ${slot(args)}`,
  SlotLost: (args) => `${who(args['holder'])} lost ${slot(args)}: nothing came in ${round(args)}`,
  AuditorEnlisted: (args) => `${who(args['auditor'])} offered to check`,
  Committed: (args) => `${slot(args)} handed in ${round(args)}`,
  RoundClosed: (args) => `${round(args)} closed`,
  NextRootPosted: (args) => `The model for ${round(args)} stands on chain`,
  AuditDrawn: (args) => `${slot(args)} of ${round(args)} drawn: ${who(args['auditor'])} runs piece ${Number(args['segment']) + 1} again`,
  AuditAttested: (args) => `${who(args['auditor'])} sealed its result for ${slot(args)} of ${round(args)}`,
  AuditMatched: (args) => `${slot(args)} of ${round(args)} checked: every bit equal; ${amount(args['feeWei'])} to ${who(args['auditor'])}`,
  AuditMismatched: (args) => `${slot(args)} of ${round(args)} checked: DIFFERENT; the pay is held`,
  AuditorSilent: (args) => `${who(args['auditor'])} did not answer; another is drawn`,
  SolverWithheld: (args) => `${who(args['solver'])} did not open its result`,
  SlotPaid: (args) => `${who(args['solver'])} was paid ${amount(args['payWei'])} for ${round(args)}`,
  SlotUnpaid: (args) => `${slot(args)} of ${round(args)} is not paid`,
  JobFinished: (args) => `Finished; ${amount(args['refundWei'])} went back`,
  JobCancelled: () => 'Cancelled',
};

export function Timeline({ events, view }: { readonly events: readonly ChainEvent[]; readonly view: JobView }) {
  const known = events
    .filter(({ name }) => WORDS[name])
    .slice(-60)
    .reverse();
  if (known.length === 0) return <p class="faint">Nothing yet.</p>;
  return (
    <ul class="plain">
      {known.map((event, k) => {
        const paid = event.name === 'SlotPaid' ? view.rounds[Number(event.args['round'])]?.slots[Number(event.args['slot'])] : undefined;
        const words = WORDS[event.name]?.(event.args) ?? event.name;
        return (
          <li key={`${event.transaction}${event.name}${k}`}>
            <span class="faint">{new Date(event.time * 1000).toLocaleTimeString()}</span> {words.charAt(0).toUpperCase() + words.slice(1)}{' '}
            {paid ? (
              <a href={receiptLink(view, paid)} aria-label={`Receipt of ${words}`}>
                receipt
              </a>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}
