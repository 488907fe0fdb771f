/** Posting a job: choose a model and data, see what it costs, then pay for exactly that. */
import { signal, useSignal } from '@preact/signals';
import type { PreparedJob, TabModel } from '#web/tab/tabModel.ts';
import { Field, NumberField } from '../parts/Field.tsx';
import { bytes, count, messageOf, tut } from '../parts/format.ts';
import { Icon } from '../parts/Icon.tsx';
import { DataFields } from '../parts/DataFields.tsx';
import { checkDraft, type DraftForm, firstForm, PRESETS, toDraft, withPreset } from '../parts/draftForm.ts';

/** They outlive the screen: a look at another page loses nothing that was typed. */
const form = signal<DraftForm>(firstForm());
const prepared = signal<PreparedJob | null>(null);

export function Post({ tab }: { readonly tab: TabModel }) {
  const progress = useSignal<{ text: string; fraction: number } | null>(null);
  const failure = useSignal<string | null>(null);
  const set = (change: Partial<DraftForm>) => {
    form.value = { ...form.value, ...change };
    prepared.value = null;
  };
  const busy = progress.value !== null;
  const attempt = async (work: (onProgress: (text: string, fraction: number) => void) => Promise<void>) => {
    let over = false;
    failure.value = null;
    progress.value = { text: 'Starting', fraction: 0 };
    try {
      // The worker's progress comes by another channel than its answer, and may be later.
      await work((text, fraction) => {
        if (!over) progress.value = { text, fraction };
      });
    } catch (error) {
      failure.value = messageOf(error);
    } finally {
      over = true;
      progress.value = null;
    }
  };
  const check = (event: Event) => {
    event.preventDefault();
    return attempt(async (onProgress) => {
      const fault = checkDraft(form.value);
      if (fault) throw new Error(fault);
      prepared.value = await tab.prepare(toDraft(form.value), onProgress);
    });
  };
  const post = () =>
    attempt(async (onProgress) => {
      if (!prepared.value) return;
      const job = await tab.post(prepared.value, onProgress);
      prepared.value = null;
      location.hash = `#/job/${job}`;
    });
  const f = form.value;
  return (
    <>
      <h1>Post a job</h1>
      <p class="lead">Choose what is to be learned. It is checked and priced before anything is paid.</p>
      <form onSubmit={(event) => void check(event)}>
        <fieldset>
          <legend>Model</legend>
          <div class="choices">
            {PRESETS.map(({ name, title, words, icon }) => (
              <label key={name} class="choice">
                <Icon name={icon} />
                <input type="radio" name="preset" checked={f.preset === name} onChange={() => set(withPreset(f, name))} />
                <span>
                  <strong>{title}</strong>
                  {words}
                </span>
              </label>
            ))}
          </div>
        </fieldset>
        <DataFields form={f} set={set} />
        <fieldset>
          <legend>Training</legend>
          <div class="fields">
            <Field label="Title">
              <input type="text" value={f.title} required maxLength={80} onInput={(event) => set({ title: event.currentTarget.value })} />
            </Field>
            <Field label="Optimizer">
              <select value={f.optimizer} onChange={(event) => set({ optimizer: event.currentTarget.value as DraftForm['optimizer'] })}>
                <option value="adam">Adam</option>
                <option value="momentum">SGD with momentum</option>
                <option value="sgd">SGD</option>
              </select>
            </Field>
            <NumberField label="Learning rate" value={f.learningRate} min={0.000001} max={10} step="any" onChange={(learningRate) => set({ learningRate })} />
            <NumberField label="Batch" help="rows a step" value={f.batch} min={1} max={1024} onChange={(batch) => set({ batch })} />
            <NumberField label="Slots" help="tabs that train at once" value={f.slots} min={1} max={64} onChange={(slots) => set({ slots })} />
            <NumberField label="Rounds" value={f.rounds} min={1} max={10000} onChange={(rounds) => set({ rounds })} />
            <NumberField label="Steps a round" value={f.stepsPerRound} min={1} max={100000} onChange={(stepsPerRound) => set({ stepsPerRound })} />
            <NumberField
              label="Checkpoint every"
              help="steps; divides the steps a round"
              fault={f.stepsPerRound % f.checkpointEvery ? `does not divide ${f.stepsPerRound} steps` : undefined}
              value={f.checkpointEvery}
              min={1}
              max={100000}
              onChange={(checkpointEvery) => set({ checkpointEvery })}
            />
            <NumberField
              label="Seconds a round"
              help="a tab that is slower loses its slot"
              value={f.roundSeconds}
              min={10}
              max={86400}
              onChange={(roundSeconds) => set({ roundSeconds })}
            />
          </div>
        </fieldset>
        <fieldset>
          <legend>Trust and pay</legend>
          <div class="fields">
            <NumberField
              label="Checked share, percent"
              help="of the work, drawn at random"
              value={f.auditPercent}
              min={0}
              max={100}
              step="any"
              onChange={(auditPercent) => set({ auditPercent })}
            />
            <NumberField label="Price, TUT" help="the most for a slot's round" value={f.price} min={0.0001} max={1e6} step="any" onChange={(price) => set({ price })} />
            <NumberField
              label="Fee for a check, TUT"
              help="to the tab that runs a piece again"
              value={f.auditFee}
              min={0}
              max={1e6}
              step="any"
              onChange={(auditFee) => set({ auditFee })}
            />
            <NumberField label="Stake of a slot, TUT" help="what a cheat can lose" value={f.stake} min={0} max={1e6} step="any" onChange={(stake) => set({ stake })} />
            <NumberField label="Memory needed, MB" value={f.minMemoryMb} min={1} max={65536} onChange={(minMemoryMb) => set({ minMemoryMb })} />
            <NumberField
              label="Speed needed"
              help="million multiply-adds a second"
              value={f.minMegaMacs}
              min={0}
              max={1e6}
              step="any"
              onChange={(minMegaMacs) => set({ minMegaMacs })}
            />
            <Field label="Licence of the data" help="shown to everyone who holds it">
              <input type="text" value={f.licence} required maxLength={200} onInput={(event) => set({ licence: event.currentTarget.value })} />
            </Field>
          </div>
        </fieldset>
        <p class="notice">
          <Icon name="people" /> Everyone in the mesh can read the data of a job. Post nothing private.
        </p>
        <button type="submit" class={prepared.value ? '' : 'main big'} disabled={busy}>
          Check and estimate
        </button>
      </form>
      <div role="status">
        {progress.value ? (
          <label class="faint">
            {progress.value.text}
            <progress value={progress.value.fraction} max={1} />
          </label>
        ) : null}
      </div>
      {failure.value ? (
        <p class="card bad" role="alert">
          {failure.value}
        </p>
      ) : null}
      {prepared.value ? <Estimate job={prepared.value} balanceWei={tab.account.value.balanceWei} busy={busy} post={() => void post()} /> : null}
    </>
  );
}

interface EstimateProps {
  readonly job: PreparedJob;
  readonly balanceWei: bigint;
  readonly busy: boolean;
  readonly post: () => void;
}

function Estimate({ job, balanceWei, busy, post }: EstimateProps) {
  const { estimate } = job;
  return (
    <section class="card estimate" aria-labelledby="estimate">
      <h2 id="estimate">What this job is</h2>
      <dl class="figures">
        <div>
          <dt>weights</dt>
          <dd>{count(estimate.parameters)}</dd>
        </div>
        <div>
          <dt>operations a step</dt>
          <dd>{count(estimate.operations)}</dd>
        </div>
        <div>
          <dt>FLOPs a round</dt>
          <dd>{count(estimate.flopsPerRound)}</dd>
        </div>
        <div>
          <dt>sent by a tab a round</dt>
          <dd>{bytes(estimate.deltaBytesPerRound)}</dd>
        </div>
        <div>
          <dt>data</dt>
          <dd>{bytes(estimate.datasetBytes)}</dd>
        </div>
        <div>
          <dt>peak GPU memory</dt>
          <dd>{bytes(estimate.peakBytes)}</dd>
        </div>
        <div class="first">
          <dt>it costs at most</dt>
          <dd>{tut(estimate.costWei)}</dd>
        </div>
      </dl>
      <p>
        You have {tut(balanceWei)}. {balanceWei < estimate.costWei ? 'On a test network the missing TUT are given to you as you post. ' : ''}What is not spent comes back at the
        end.
      </p>
      <p class="faint">
        Program <code>{estimate.programHash}</code>
      </p>
      <button type="button" class="main big" disabled={busy} onClick={post}>
        Post this job
      </button>
    </section>
  );
}
