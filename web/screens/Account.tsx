/** The tab's money and key. */
import { useSignal } from '@preact/signals';
import type { TabModel } from '#web/tab/tabModel.ts';
import { Field } from '../parts/Field.tsx';
import { messageOf, tut } from '../parts/format.ts';
import { StandIn } from '../parts/StandIn.tsx';

type Said = { readonly text: string; readonly bad: boolean } | null;

export function Account({ tab }: { readonly tab: TabModel }) {
  const { address, kind, balanceWei, stakedWei, creditWei, earnedWei, pendingWei } = tab.account.value;
  const said = useSignal<Said>(null);
  const busy = useSignal(false);
  const act = (done: string, action: () => Promise<void>) => async () => {
    said.value = null;
    busy.value = true;
    try {
      await action();
      said.value = { text: done, bad: false };
    } catch (error) {
      said.value = { text: messageOf(error), bad: true };
    } finally {
      busy.value = false;
    }
  };
  return (
    <>
      <h1>Account</h1>
      <p class="lead">{kind === 'tab key' ? 'This tab made its own key; it stays in this browser.' : 'Your wallet signs for this tab.'}</p>
      <section class="card" aria-label="Balances">
        <p class="address">
          <code>{address}</code>
          <button type="button" class="quiet" onClick={() => void act('The address is copied.', () => navigator.clipboard.writeText(address))()}>
            Copy address
          </button>
        </p>
        <dl class="figures">
          <div class="first">
            <dt>free</dt>
            <dd>{tut(balanceWei)}</dd>
          </div>
          <div>
            <dt>ready to claim</dt>
            <dd>{tut(creditWei)}</dd>
          </div>
          <div>
            <dt>stake</dt>
            <dd>{tut(stakedWei)}</dd>
          </div>
          <div>
            <dt>earned by training</dt>
            <dd>{tut(earnedWei)}</dd>
          </div>
          <div>
            <dt>pending</dt>
            <dd>{tut(pendingWei)}</dd>
          </div>
        </dl>
        <p class="row">
          <button type="button" class="main" disabled={busy.value || creditWei === 0n} onClick={() => void act('Claimed: it is in your balance.', () => tab.claim())()}>
            Claim
          </button>
          <button type="button" disabled={busy.value} onClick={() => void act('Test TUT are on this account.', () => tab.fundFromFaucet())()}>
            Get test TUT
          </button>
          <button type="button" disabled={busy.value} onClick={() => void act('The wallet is connected.', () => tab.connectWallet())()}>
            Connect wallet
          </button>
        </p>
        <p role="status" class={said.value?.bad ? 'bad' : 'good'}>
          {said.value?.text}
        </p>
      </section>
      <StandIn tab={tab} />
      <Key tab={tab} restore={(key) => void act('The key is restored.', () => tab.restoreKey(key))()} />
    </>
  );
}

function Key({ tab, restore }: { readonly tab: TabModel; readonly restore: (key: string) => void }) {
  const shown = useSignal<string | null>(null);
  const given = useSignal('');
  return (
    <section class="card" aria-labelledby="key">
      <h2 id="key">The key</h2>
      <p>Whoever has the key has the account. Keep a copy if you clear this browser's data, and show it to nobody.</p>
      <p class="row">
        <button type="button" aria-expanded={shown.value !== null} onClick={() => (shown.value = shown.value ? null : tab.exportKey())}>
          {shown.value ? 'Hide key' : 'Export key'}
        </button>
      </p>
      {shown.value ? (
        <p class="secret">
          <code>{shown.value}</code>
        </p>
      ) : null}
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          restore(given.value);
        }}
      >
        <Field label="A key from before" help="0x and 64 characters; the key above is replaced by it">
          <input type="text" autocomplete="off" spellcheck={false} value={given.value} onInput={(event) => (given.value = event.currentTarget.value)} />
        </Field>
        <button type="submit" disabled={given.value.trim() === ''}>
          Restore key
        </button>
      </form>
    </section>
  );
}
