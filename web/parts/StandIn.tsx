/** Who answers in disputes while this tab is closed: named on chain, and given a file for the watchtower. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { TabModel } from '#web/tab/tabModel.ts';
import { Field } from './Field.tsx';
import { messageOf, short } from './format.ts';
import { saveFile } from './saveFile.ts';

export function StandIn({ tab }: { readonly tab: TabModel }) {
  const { address } = tab.account.value;
  const standIn = useSignal<string | null>(null);
  const given = useSignal('');
  const said = useSignal<{ readonly text: string; readonly bad: boolean } | null>(null);
  const busy = useSignal(false);
  const look = async () => {
    standIn.value = await tab.readStandIn();
  };
  useEffect(() => void look().catch(() => undefined), [address]);
  const act = async (action: () => Promise<string>) => {
    said.value = null;
    busy.value = true;
    try {
      said.value = { text: await action(), bad: false };
      await look();
    } catch (error) {
      said.value = { text: messageOf(error), bad: true };
    } finally {
      busy.value = false;
    }
  };
  const name = () =>
    act(async () => {
      saveFile('tutti-delegation.json', await tab.nameStandIn(given.value.trim()));
      return 'It may answer for you. Start the watchtower with the file that was just saved.';
    });
  return (
    <section class="card" aria-labelledby="stand-in">
      <h2 id="stand-in">A watchtower</h2>
      <p>
        While this tab is closed, a watchtower can answer for you in disputes. It gets no key and can move no money; it learns how your work is sealed, so choose one that you
        trust.
      </p>
      {standIn.value ? (
        <p>
          <code title={standIn.value}>{short(standIn.value)}</code> answers for you.{' '}
          <button type="button" disabled={busy.value} onClick={() => void act(() => tab.dismissStandIn().then(() => 'Nobody answers for you now.'))}>
            Take it back
          </button>
        </p>
      ) : null}
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          void name();
        }}
      >
        <Field label="Address of the watchtower" help="It prints it when it starts: npm run watchtower">
          <input type="text" autocomplete="off" spellcheck={false} value={given.value} onInput={(event) => (given.value = event.currentTarget.value)} />
        </Field>
        <button type="submit" disabled={busy.value || given.value.trim() === ''}>
          Let it answer for me
        </button>
      </form>
      <p role="status" class={said.value?.bad ? 'bad' : 'good'}>
        {said.value?.text}
      </p>
    </section>
  );
}
