/** The trained model: to take away, and to try here. */
import { useSignal } from '@preact/signals';
import type { JobCard, TabModel } from '#web/tab/tabModel.ts';
import { messageOf } from './format.ts';
import { Icon } from './Icon.tsx';
import { saveFile } from './saveFile.ts';
import { TryIt } from './TryIt.tsx';

type Files = readonly { readonly name: string; readonly bytes: Uint8Array }[];

export function Trained({ tab, card }: { readonly tab: TabModel; readonly card: JobCard }) {
  const failure = useSignal<string | null>(null);
  const busy = useSignal(false);
  const save = async (files: () => Promise<Files>) => {
    failure.value = null;
    busy.value = true;
    try {
      for (const { name, bytes } of await files()) saveFile(name, bytes);
    } catch (error) {
      failure.value = messageOf(error);
    } finally {
      busy.value = false;
    }
  };
  const closed = card.view.rounds.filter((round) => round.closed).length;
  if (closed === 0) return null;
  return (
    <section class="card" aria-labelledby="trained">
      <h2 id="trained">The trained model</h2>
      <p class="faint">As it stands after {closed === 1 ? 'the first round' : `${closed} rounds`}.</p>
      <p class="row">
        <button type="button" class="main" disabled={busy.value} onClick={() => void save(() => tab.downloadLayersModel(card.id))}>
          <Icon name="down" /> Download for TensorFlow.js
        </button>
        <button
          type="button"
          disabled={busy.value}
          onClick={() => void save(async () => [{ name: `tutti-job-${card.id}.safetensors`, bytes: await tab.downloadSafetensors(card.id) }])}
        >
          <Icon name="down" /> Download as safetensors
        </button>
      </p>
      {failure.value ? (
        <p class="bad" role="alert">
          {failure.value}
        </p>
      ) : null}
      <TryIt tab={tab} job={card.id} task={card.spec?.task ?? null} />
    </section>
  );
}
