/** One button lends this tab; below it, what it does and what that earned. */
import { useSignal } from '@preact/signals';
import type { TabModel } from '#web/tab/tabModel.ts';
import { DeviceCard } from '../parts/DeviceCard.tsx';
import { bytes, messageOf, tut } from '../parts/format.ts';
import { isLending, pressedLending } from '../parts/lending.ts';
import { WorkCard } from '../parts/WorkCard.tsx';

export function Contribute({ tab }: { readonly tab: TabModel }) {
  const work = tab.work.value;
  return (
    <>
      <h1>Lend this tab</h1>
      <p class="lead">Your graphics processor trains a piece of somebody's model, or checks another tab's piece. No install, no account: the tab has made a key for itself.</p>
      <Lending tab={tab} />
      {work.length ? (
        <section aria-labelledby="work">
          <h2 id="work">What it is doing</h2>
          <div class="grid">
            {work.map((view) => (
              <WorkCard key={String(view.job)} view={view} title={tab.jobs.value.find(({ id }) => id === view.job)?.spec?.title} />
            ))}
          </div>
        </section>
      ) : null}
      <div class="grid">
        <DeviceCard device={tab.device.value} />
        <Peers tab={tab} />
      </div>
      <Journal tab={tab} />
    </>
  );
}

function Lending({ tab }: { readonly tab: TabModel }) {
  const train = useSignal(true);
  const verify = useSignal(true);
  const changing = useSignal(false);
  const failure = useSignal<string | null>(null);
  const lending = isLending(tab);
  const { phase } = tab.device.value;
  const canTrain = phase === 'ready' || phase === 'checking';
  const trains = train.value && canTrain;
  const press = async () => {
    failure.value = null;
    changing.value = true;
    try {
      if (lending) await tab.stopContributing();
      else await tab.contribute({ train: trains, verify: verify.value, priceWei: null });
      pressedLending.value = !lending;
    } catch (error) {
      failure.value = messageOf(error);
    } finally {
      changing.value = false;
    }
  };
  const { earnedWei, pendingWei, stakedWei } = tab.account.value;
  const label = changing.value ? (lending ? 'Stopping…' : 'Starting…') : lending ? 'Stop lending' : 'Start lending';
  return (
    <section class={`card lending ${lending ? 'on' : ''}`} aria-label="Lending">
      <div class="lend">
        <button type="button" class="main big" disabled={changing.value || (!lending && !trains && !verify.value)} onClick={() => void press()}>
          {label}
        </button>
        <div class="switches">
          <label class="switch">
            <input type="checkbox" checked={trains} disabled={lending || !canTrain} onChange={(event) => (train.value = event.currentTarget.checked)} />
            Train
          </label>
          <label class="switch">
            <input type="checkbox" checked={verify.value} disabled={lending} onChange={(event) => (verify.value = event.currentTarget.checked)} />
            Check others' work
          </label>
        </div>
      </div>
      {canTrain ? null : <p class="wait">This device is too slow to train, or not exact. It can check small pieces of others' work.</p>}
      {failure.value ? (
        <p class="bad" role="alert">
          {failure.value}
        </p>
      ) : null}
      <p role="status">{describe(tab, lending)}</p>
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
  );
}

/** What came of the lending so far, in one sentence; empty where there is nothing to say. */
function describe(tab: TabModel, lending: boolean): string {
  const { address, earnedWei } = tab.account.value;
  const me = address.toLowerCase();
  const steps = tab.jobs.value.reduce((sum, { spec, view }) => {
    const paid = view.rounds.flatMap(({ slots }) => slots).filter(({ phase, commitment }) => phase === 'paid' && commitment?.solver.toLowerCase() === me);
    return sum + paid.length * (spec?.stepsPerRound ?? 0);
  }, 0);
  const pieces = tab.work.value.reduce((sum, { auditsDone }) => sum + auditsDone, 0);
  const checked = pieces ? ` It checked ${pieces} ${pieces === 1 ? 'piece' : 'pieces'} of others' work.` : '';
  if (earnedWei > 0n) return `Your tab earned ${tut(earnedWei)} for ${steps.toLocaleString('en')} accepted steps.${checked}`;
  const active = tab.work.value.some(({ phase }) => !['idle', 'finished', 'failed'].includes(phase));
  if (lending && !active) return 'Waiting for a job that fits this tab. Keep it open.';
  return lending ? `Keep this tab open: it is paid once its round has stood.${checked}` : checked.trim();
}

function Peers({ tab }: { readonly tab: TabModel }) {
  const { peers, sentBytes, receivedBytes } = tab.network.value;
  return (
    <section class="card" aria-labelledby="peers">
      <h2 id="peers">Other tabs</h2>
      {peers.length === 0 ? <p class="faint">None yet.</p> : null}
      <ul class="plain">
        {peers.map(({ id, path }) => (
          <li key={id} class="peer">
            <span class={`connection ${path === 'direct' ? 'there' : 'joining'}`}>
              <code>{id.slice(-8)}</code>
            </span>
            <span class="faint">{path === 'direct' ? 'connected directly' : 'through the relay'}</span>
          </li>
        ))}
      </ul>
      <p class="faint">
        {bytes(sentBytes)} sent, {bytes(receivedBytes)} received
      </p>
    </section>
  );
}

function Journal({ tab }: { readonly tab: TabModel }) {
  const entries = tab.journal.value.slice(0, 30);
  return (
    <section class="card" aria-labelledby="journal">
      <h2 id="journal">What happened here</h2>
      {entries.length === 0 ? <p class="faint">Nothing yet.</p> : null}
      <ol class="timeline">
        {entries.map(({ time, text, bad }) => (
          <li key={`${time}${text}`} class={bad ? 'wait' : ''}>
            <span class="words">{text}</span>
            <time class="faint" dateTime={new Date(time).toISOString()}>
              {new Date(time).toLocaleTimeString()}
            </time>
          </li>
        ))}
      </ol>
    </section>
  );
}
