/** A receipt: what was paid for, and a button that runs it again here. */
import { useSignal } from '@preact/signals';
import type { ReplayResult, TabModel } from '#web/tab/tabModel.ts';
import { messageOf, tut } from '../parts/format.ts';

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
      </section>
    );
  }
  const card = tab.jobs.value.find(({ id }) => id === BigInt(job));
  const claim = card?.view.rounds[Number(round)]?.slots[Number(slot)];
  const run = async () => {
    failure.value = null;
    result.value = null;
    try {
      result.value = await tab.replay(
        { job: BigInt(job), round: Number(round), slot: Number(slot), segment: Number(segment) },
        (text, fraction) => (progress.value = { text, fraction }),
      );
    } catch (error) {
      failure.value = messageOf(error);
    } finally {
      progress.value = null;
    }
  };
  return (
    <>
      <h1>Receipt</h1>
      <section class="card" aria-label="Claim">
        <p>
          {card?.spec?.title ?? `Job ${job}`}: round {Number(round) + 1}, slot {Number(slot) + 1}.
        </p>
        {claim?.commitment ? (
          <p>
            {claim.phase === 'paid' ? `${tut(claim.payWei)} were paid for it` : `Its pay is ${claim.phase}`} to <code>{claim.commitment.solver}</code>.
          </p>
        ) : (
          <p class="wait">Nothing is committed here yet.</p>
        )}
        <p class="faint">The same program, the same data and the same start give the same bits on any device. Run it again and see.</p>
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
    </>
  );
}

function Verdict({ result }: { readonly result: ReplayResult }) {
  const { verdict, claimed, computed, steps, device, milliseconds } = result;
  return (
    <>
      <p class={`verdict ${verdict === 'MATCH' ? 'good' : 'bad'}`}>{verdict}</p>
      <p>
        Claimed <code>{claimed}</code>
      </p>
      <p>
        Computed here <code>{computed}</code>
      </p>
      <p class="faint">
        {steps} steps on {device} in {(milliseconds / 1000).toFixed(1)} s
      </p>
    </>
  );
}
