/** The tab's money and key. */
import { useSignal } from '@preact/signals';
import type { TabModel } from '#web/tab/tabModel.ts';
import { Field } from '../parts/Field.tsx';
import { messageOf, tut } from '../parts/format.ts';

export function Account({ tab }: { readonly tab: TabModel }) {
  const { address, kind, balanceWei, stakedWei, creditWei, earnedWei, pendingWei } = tab.account.value;
  const said = useSignal<{ text: string; bad: boolean } | null>(null);
  const shown = useSignal<string | null>(null);
  const given = useSignal('');
  const act = (done: string, action: () => Promise<void>) => async () => {
    try {
      await action();
      said.value = { text: done, bad: false };
    } catch (error) {
      said.value = { text: messageOf(error), bad: true };
    }
  };
  return (
    <>
      <h1>Account</h1>
      <section class="card" aria-label="Balances">
        <p>{kind === 'tab key' ? 'This tab made its own key; it stays in this browser.' : 'Your wallet signs for this tab.'}</p>
        <p>
          <code>{address}</code>
        </p>
        <dl class="figures">
          <div>
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
          <button type="button" class="main" disabled={creditWei === 0n} onClick={() => void act('Claimed: it is in your balance.', () => tab.claim())()}>
            Claim
          </button>
          <button type="button" onClick={() => void act('Test TUT are on this account.', () => tab.fundFromFaucet())()}>
            Get test TUT
          </button>
          <button type="button" onClick={() => void act('The wallet is connected.', () => tab.connectWallet())()}>
            Connect wallet
          </button>
        </p>
        <p role="status" class={said.value?.bad ? 'bad' : 'good'}>
          {said.value?.text}
        </p>
      </section>
      <section class="card" aria-labelledby="key">
        <h2 id="key">The key</h2>
        <p>Whoever has the key has the account. Keep a copy if you clear this browser's data.</p>
        <p class="row">
          <button type="button" onClick={() => (shown.value = shown.value ? null : tab.exportKey())}>
            {shown.value ? 'Hide key' : 'Export key'}
          </button>
        </p>
        {shown.value ? (
          <p>
            <code>{shown.value}</code>
          </p>
        ) : null}
        <Field label="A key from before" help="0x and 64 characters">
          <input type="text" autocomplete="off" spellcheck={false} value={given.value} onInput={(event) => (given.value = event.currentTarget.value)} />
        </Field>
        <button type="button" disabled={given.value.trim() === ''} onClick={() => void act('The key is restored.', () => tab.restoreKey(given.value))()}>
          Restore key
        </button>
      </section>
    </>
  );
}
