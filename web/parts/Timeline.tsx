/** What stands on chain about a job, newest first, in words. */
import { useSignal } from '@preact/signals';
import type { ChainEvent, JobView } from '#swarm/protocol/jobView.ts';
import { short, tut } from './format.ts';
import { Icon, type IconName } from './Icon.tsx';
import { receiptLink } from './SlotMap.tsx';

type Args = ChainEvent['args'];
type Row = readonly [icon: IconName, tone: '' | 'good' | 'bad' | 'wait', words: (args: Args) => string];
const who = (value: unknown) => short(String(value));
const round = (args: Args) => `round ${Number(args['round']) + 1}`;
const slot = (args: Args) => (Number(args['slot']) === 65535 ? 'the posted model' : `slot ${Number(args['slot']) + 1}`);
/** By the contract's ChallengePhase. */
const OUTCOMES = ['', '', 'the work was wrong', 'the accusation was wrong', 'it became moot'];
const amount = (value: unknown) => tut(value as bigint);

const ROWS: Readonly<Record<string, Row>> = {
  JobPosted: ['flag', '', (args) => `Posted with ${amount(args['bountyWei'])}`],
  BidPlaced: ['people', '', (args) => `${who(args['bidder'])} offered its tab`],
  BidWithdrawn: ['people', '', (args) => `${who(args['bidder'])} took its offer back`],
  SlotTaken: ['chip', '', (args) => `${who(args['holder'])} took ${slot(args)}`],
  SlotLost: ['cross', 'bad', (args) => `${who(args['holder'])} lost ${slot(args)}: nothing came in ${round(args)}`],
  AuditorEnlisted: ['lens', '', (args) => `${who(args['auditor'])} offered to check`],
  AuditorRetired: ['lens', '', (args) => `${who(args['auditor'])} checks no more`],
  AuditorStruck: ['cross', 'bad', (args) => `${who(args['auditor'])} was silent too often and is off the list`],
  Committed: ['cube', '', (args) => `${slot(args)} handed in ${round(args)}`],
  RoundClosed: ['lock', '', (args) => `${round(args)} closed`],
  NextRootPosted: ['cube', '', (args) => `The model for ${round(args)} stands on chain`],
  AuditDrawn: ['lens', 'wait', (args) => `${slot(args)} of ${round(args)} drawn: ${who(args['auditor'])} runs piece ${Number(args['segment']) + 1} again`],
  AuditAttested: ['lens', '', (args) => `${who(args['auditor'])} sealed its result for ${slot(args)} of ${round(args)}`],
  AuditMatched: ['check', 'good', (args) => `${slot(args)} of ${round(args)} checked: every bit equal; ${amount(args['feeWei'])} to ${who(args['auditor'])}`],
  AuditMismatched: ['warning', 'bad', (args) => `${slot(args)} of ${round(args)} checked: DIFFERENT; the pay is held`],
  AuditorSilent: ['clock', 'wait', (args) => `${who(args['auditor'])} did not answer; another is drawn`],
  AuditAbandoned: ['cross', 'bad', (args) => `Nobody answered for ${slot(args)} of ${round(args)}: it ends unpaid`],
  SolverWithheld: ['cross', 'bad', (args) => `${who(args['solver'])} did not open its result`],
  ChallengeOpened: ['warning', 'bad', (args) => `${who(args['challenger'])} disputes ${slot(args)} of ${round(args)} and puts ${amount(args['bondWei'])} on it`],
  ChallengePlayed: ['lens', 'wait', (args) => `The court begins to narrow down the dispute over ${slot(args)} of ${round(args)}`],
  ChallengeDecided: ['check', '', (args) => `The dispute over ${slot(args)} of ${round(args)} is over: ${OUTCOMES[Number(args['phase'])] ?? 'undecided'}`],
  SolverSlashed: [
    'cross',
    'bad',
    (args) =>
      `${who(args['solver'])} lost its stake: ${amount((args['feeWei'] as bigint) + (args['rewardWei'] as bigint))} to whoever proved it, ${amount(args['restoredWei'])} for training again, ${amount(args['burnedWei'])} to nobody`,
  ],
  RolledBack: ['clock', 'wait', (args) => `The job goes back to ${round(args)}: what was built on it is trained again`],
  SlotPaid: ['coin', 'good', (args) => `${who(args['solver'])} was paid ${amount(args['payWei'])} for ${round(args)}`],
  SlotUnpaid: ['cross', 'bad', (args) => `${slot(args)} of ${round(args)} is not paid`],
  JobFinished: ['flag', 'good', (args) => `Finished; ${amount(args['refundWei'])} went back`],
  JobCancelled: ['flag', '', () => 'Cancelled'],
};
const WITH_RECEIPT = new Set(['SlotPaid', 'AuditMatched', 'AuditMismatched']);
const FIRST = 30;

export function Timeline({ events, view }: { readonly events: readonly ChainEvent[]; readonly view: JobView }) {
  const all = useSignal(false);
  const known = events.filter(({ name }) => ROWS[name]).toReversed();
  if (known.length === 0) return <p class="faint">Nothing yet.</p>;
  return (
    <>
      <ol class="timeline">
        {(all.value ? known : known.slice(0, FIRST)).map((event) => (
          <Entry
            key={`${event.transaction}${event.name}${JSON.stringify(event.args, (_, value) => (typeof value === 'bigint' ? String(value) : value))}`}
            event={event}
            view={view}
          />
        ))}
      </ol>
      {known.length > FIRST ? (
        <button type="button" onClick={() => (all.value = !all.value)}>
          {all.value ? 'Show the newest only' : `Show all ${known.length}`}
        </button>
      ) : null}
    </>
  );
}

function Entry({ event, view }: { readonly event: ChainEvent; readonly view: JobView }) {
  const row = ROWS[event.name];
  if (!row) return null;
  const [icon, tone, describe] = row;
  const words = describe(event.args);
  const worked = WITH_RECEIPT.has(event.name) ? view.rounds[Number(event.args['round'])]?.slots[Number(event.args['slot'])] : undefined;
  const time = new Date(event.time * 1000);
  return (
    <li class={tone}>
      <Icon name={icon} />
      <span class="words">
        {words.charAt(0).toUpperCase() + words.slice(1)}{' '}
        {worked ? (
          <a href={receiptLink(view, worked)} aria-label={`Receipt of ${words}`}>
            receipt
          </a>
        ) : null}
      </span>
      <time class="faint" dateTime={time.toISOString()}>
        {time.toLocaleTimeString()}
      </time>
    </li>
  );
}
