/** Before the tab is connected, and when it cannot be: what Tutti is, what is wrong, and what was last seen. */
import { readLastSeen } from '../parts/lastSeen.ts';
import { Welcome } from './Home.tsx';

export function Waiting({ failure, home }: { readonly failure: string | null; readonly home: boolean }) {
  if (failure === null)
    return (
      <>
        {home ? <Welcome /> : <h1>One moment</h1>}
        <p class="empty" role="status">
          Connecting…
        </p>
      </>
    );
  return (
    <>
      <section class="card" role="alert">
        <h1>Not connected</h1>
        <p>{failure}</p>
        <button type="button" class="main" onClick={() => location.reload()}>
          Try again
        </button>
      </section>
      <LastSeen />
    </>
  );
}

function LastSeen() {
  const last = readLastSeen();
  if (!last) return null;
  return (
    <section class="card" aria-labelledby="last">
      <h2 id="last">When this browser was last connected</h2>
      <p class="faint">{new Date(last.time).toLocaleString()}</p>
      <dl class="figures">
        <div>
          <dt>earned by training</dt>
          <dd>{last.earned}</dd>
        </div>
        <div>
          <dt>free</dt>
          <dd>{last.balance}</dd>
        </div>
      </dl>
      <ul class="plain">
        {last.jobs.map(({ title, words }) => (
          <li key={title}>
            {title}: {words}
          </li>
        ))}
      </ul>
      <p class="faint">What was earned and escrowed stands on chain; being offline changes nothing about it.</p>
    </section>
  );
}
