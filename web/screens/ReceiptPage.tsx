/** A receipt: what was paid for, and a button that runs it again here. */
import { useSignal } from '@preact/signals';
import type { SlotRoundView } from '#swarm/protocol/jobView.ts';
import type { ReplayResult, TabModel } from '#web/tab/tabModel.ts';
import { messageOf, tut } from '../parts/format.ts';
import { Icon } from '../parts/Icon.tsx';
import { PHASE_WORDS, PhaseMark } from '../parts/PhaseMark.tsx';

export function ReceiptPage({ tab, place }: { readonly tab: TabModel; readonly place: readonly string[] }) {
  const [job = '', round = '', slot = '', segment = ''] = place;
  const result = useSignal<ReplayResult | null>(null);
  const progress = useSignal<{ text: string; fraction: number } | null>(null);
  const failure = useSignal<string | null>(null);
  if (![job, round, slot, segment].every((part) => /^\d{1,9}$/.test(part))) {
    return (
      <section class="card">
        <h1>This is not a receipt</h1>
        <p>A receipt's link ends in four numbers: job, round, slot and piece. Open one from a job's page.</p>
        <p>
          <a href="#/">All jobs</a>
        </p>
      </section>
    );
  }
  const card = tab.jobs.value.find(({ id }) => id === BigInt(job));
  const claim = card?.view.rounds[Number(round)]?.slots[Number(slot)];
  const run = async () => {
    let over = false;
    failure.value = null;
    result.value = null;
    progress.value = { text: 'Starting', fraction: 0 };
    try {
      // The worker's progress comes by another channel than its answer, and may be later.
      result.value = await tab.replay({ job: BigInt(job), round: Number(round), slot: Number(slot), segment: Number(segment) }, (text, fraction) => {
        if (!over) progress.value = { text, fraction };
      });
    } catch (error) {
      failure.value = messageOf(error);
    } finally {
      over = true;
      progress.value = null;
    }
  };
  return (
    <>
      <h1>Receipt</h1>
      <p class="lead">
        <a href={`#/job/${job}`}>{card?.spec?.title ?? `Job ${job}`}</a>, round {Number(round) + 1}, slot {Number(slot) + 1}, piece {Number(segment) + 1}
        {card ? ` of ${card.view.terms.segments}` : ''}
      </p>
      <section class="card" aria-label="Claim">
        {claim?.commitment ? (
          <Claim slot={claim} solver={claim.commitment.solver} />
        ) : (
          <p class="wait">{tab.network.value.chain === 'connected' ? 'Nothing is committed here yet.' : 'Reading the chain…'}</p>
        )}
        <p>The same program, the same data and the same start give the same bits on any device. Run it again and see.</p>
        <button type="button" class="main big" disabled={progress.value !== null} onClick={() => void run()}>
          Run it again here
        </button>
        <div role="status">
          {progress.value ? (
            <label class="faint">
              {progress.value.text}
              <progress value={progress.value.fraction} max={1} />
            </label>
          ) : null}
          {result.value ? <Verdict result={result.value} /> : null}
        </div>
        {failure.value ? (
          <p class="bad" role="alert">
            {failure.value}
          </p>
        ) : null}
      </section>
      <p class="faint">No account is needed, and nothing here has to be trusted: the start, the program and the data are checked against their hashes on chain.</p>
    </>
  );
}

function Claim({ slot, solver }: { readonly slot: SlotRoundView; readonly solver: string }) {
  const checked = slot.audit?.phase === 'matched';
  return (
    <p class="claim">
      <PhaseMark phase={slot.phase} checked={checked} />
      <span>
        {slot.phase === 'paid' ? `${tut(slot.payWei)} were paid` : `${tut(slot.payWei)} are asked for it (${PHASE_WORDS[slot.phase]})`} to <code>{solver}</code>
        {checked && slot.audit ? (
          <>
            . Another tab, <code>{slot.audit.auditor}</code>, has run piece {slot.audit.segment + 1} again and got the same bits
          </>
        ) : null}
        .
      </span>
    </p>
  );
}

function Verdict({ result }: { readonly result: ReplayResult }) {
  const { verdict, claimed, computed, steps, device, milliseconds } = result;
  const same = verdict === 'MATCH';
  return (
    <div class={`verdict-box ${same ? 'match' : 'mismatch'}`}>
      <p class="verdict">
        <Icon name={same ? 'check' : 'cross'} />
        <span>{verdict}</span>
      </p>
      <p>{same ? 'This tab got the claimed result, to the last bit.' : 'This tab got another result than the one that was claimed.'}</p>
      <dl class="hashes">
        <dt>Claimed</dt>
        <dd>
          <code>{claimed}</code>
        </dd>
        <dt>Computed here</dt>
        <dd>
          <code>{computed}</code>
        </dd>
      </dl>
      <p class="faint">
        {steps} {steps === 1 ? 'step' : 'steps'} on {device} in {(milliseconds / 1000).toFixed(1)} s
      </p>
    </div>
  );
}
