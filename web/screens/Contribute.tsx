/** One button lends this tab; below it, what it does and what that earned. */
import { useSignal } from '@preact/signals';
import type { DeviceView, TabModel, WorkView } from '#web/tab/tabModel.ts';
import { count, messageOf, tut } from '../parts/format.ts';

export function Contribute({ tab }: { readonly tab: TabModel }) {
  const train = useSignal(true);
  const verify = useSignal(true);
  const lending = useSignal(false);
  const failure = useSignal<string | null>(null);
  const work = tab.work.value;
  const active = work.some(({ phase }) => !['idle', 'finished', 'failed'].includes(phase));
  const press = async () => {
    failure.value = null;
    try {
      if (lending.value) await tab.stopContributing();
      else await tab.contribute({ train: train.value, verify: verify.value, priceWei: null });
      lending.value = !lending.value;
    } catch (error) {
      failure.value = messageOf(error);
    }
  };
  const { earnedWei, pendingWei, stakedWei } = tab.account.value;
  const checkedPieces = work.reduce((sum, { auditsDone }) => sum + auditsDone, 0);
  return (
    <>
      <h1>Lend this tab</h1>
      <p class="lead">Your graphics processor trains a piece of somebody's model, or checks another tab's piece. No install, no account: the tab has made a key for itself.</p>
      <section class="card" aria-label="Lending">
        <div class="row">
          <label>
            <input type="checkbox" checked={train.value} disabled={lending.value} onChange={(event) => (train.value = event.currentTarget.checked)} />
            Train
          </label>
          <label>
            <input type="checkbox" checked={verify.value} disabled={lending.value} onChange={(event) => (verify.value = event.currentTarget.checked)} />
            Check others' work
          </label>
        </div>
        <p>
          <button type="button" class="main big" disabled={!lending.value && !train.value && !verify.value} onClick={() => void press()}>
            {lending.value ? 'Stop lending' : 'Start lending'}
          </button>
        </p>
        {failure.value ? (
          <p class="bad" role="alert">
            {failure.value}
          </p>
        ) : null}
        <p role="status">
          {lending.value && !active
            ? 'Waiting for a job that fits this tab. Keep it open.'
            : active
              ? `Your tab earned ${tut(earnedWei)} so far; ${checkedPieces} pieces checked.`
              : ''}
        </p>
        <dl class="figures">
          <div>
            <dt>earned</dt>
            <dd>{tut(earnedWei)}</dd>
          </div>
          <div>
            <dt>pending</dt>
            <dd>{tut(pendingWei)}</dd>
          </div>
          <div>
            <dt>set aside as stake</dt>
            <dd>{tut(stakedWei)}</dd>
          </div>
        </dl>
      </section>
      <div class="grid">
        <Device device={tab.device.value} />
        <Peers tab={tab} />
      </div>
      {work.map((view) => (
        <Work key={String(view.job)} view={view} title={tab.jobs.value.find(({ id }) => id === view.job)?.spec?.title} />
      ))}
      <Journal tab={tab} />
    </>
  );
}

function Device({ device }: { readonly device: DeviceView }) {
  return (
    <section class="card" aria-labelledby="device">
      <h2 id="device">{device.name}</h2>
      <p class={device.phase === 'refused' || device.phase === 'none' ? 'wait' : ''} role="status">
        {device.message}
      </p>
      {device.macsPerSecond > 0 ? <p class="faint">{count(device.macsPerSecond)} multiply-adds a second, measured here</p> : null}
      <ul class="plain">
        {device.checks.map(({ name, passed, detail }) => (
          <li key={name}>
            <strong class={passed ? 'good' : 'bad'}>{passed ? '✓ passed' : '✗ failed'}</strong> {name}: {detail}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Peers({ tab }: { readonly tab: TabModel }) {
  const { peers, sentBytes, receivedBytes } = tab.network.value;
  return (
    <section class="card" aria-labelledby="peers">
      <h2 id="peers">Other tabs</h2>
      {peers.length === 0 ? <p class="faint">None yet.</p> : null}
      <ul class="plain">
        {peers.map(({ id, path }) => (
          <li key={id}>
            <code>{id.slice(-8)}</code> {path === 'direct' ? 'connected directly' : 'through the relay'}
          </li>
        ))}
      </ul>
      <p class="faint">
        {count(sentBytes)} bytes sent, {count(receivedBytes)} received
      </p>
    </section>
  );
}

function Work({ view, title }: { readonly view: WorkView; readonly title: string | undefined }) {
  const { step, stepsPerRound, progress } = view;
  const training = view.phase === 'training' && stepsPerRound > 0;
  return (
    <section class="card" aria-label={`Job ${view.job}`}>
      <h2>
        <a href={`#/job/${view.job}`}>{title ?? `Job ${view.job}`}</a>
      </h2>
      <p role="status">
        {view.message}
        {view.slot === null ? '' : ` (slot ${view.slot + 1})`}
      </p>
      {training ? (
        <label class="faint">
          Step {step} of {stepsPerRound}
          <progress value={step} max={stepsPerRound} />
        </label>
      ) : null}
      {progress ? (
        <label class="faint">
          {progress.done} of {progress.total} {progress.unit}
          <progress value={progress.done} max={progress.total} />
        </label>
      ) : null}
      <p class="faint">
        {view.loss === null ? '' : `loss ${view.loss.toFixed(4)}, `}
        {view.stepMs > 0 ? `${view.stepMs.toFixed(0)} ms a step` : ''}
      </p>
      {view.failure ? <p class="bad">{view.failure}</p> : null}
    </section>
  );
}

function Journal({ tab }: { readonly tab: TabModel }) {
  return (
    <section class="card" aria-labelledby="journal">
      <h2 id="journal">What happened here</h2>
      <ul class="plain">
        {tab.journal.value.slice(0, 30).map(({ time, text, bad }) => (
          <li key={`${time}${text}`} class={bad ? 'wait' : ''}>
            <span class="faint">{new Date(time).toLocaleTimeString()}</span> {text}
          </li>
        ))}
      </ul>
    </section>
  );
}
