/** The frame of every page: navigation, theme, what is connected, and which screen is shown. */
import { effect, type ReadonlySignal, signal } from '@preact/signals';
import type { TabModel } from '#web/tab/tabModel.ts';
import { Account } from './Account.tsx';
import { Contribute } from './Contribute.tsx';
import { Home } from './Home.tsx';
import { JobPage } from './JobPage.tsx';
import { Post } from './Post.tsx';
import { ReceiptPage } from './ReceiptPage.tsx';

export interface AppProps {
  readonly tab: ReadonlySignal<TabModel | null>;
  readonly failure: ReadonlySignal<string | null>;
  readonly reload: ReadonlySignal<(() => void) | null>;
}

const PAGES = [
  ['#/', 'Jobs'],
  ['#/contribute', 'Lend this tab'],
  ['#/post', 'Post a job'],
  ['#/account', 'Account'],
] as const;

const route = signal(location.hash || '#/');
addEventListener('hashchange', () => {
  route.value = location.hash || '#/';
  scrollTo(0, 0);
  document.querySelector('main')?.focus();
});

const theme = signal(localStorage.getItem('tutti.theme') ?? 'system');
effect(() => {
  if (theme.value === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
  localStorage.setItem('tutti.theme', theme.value);
});

export function App({ tab, failure, reload }: AppProps) {
  return (
    <div>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.querySelector('main')?.focus();
        }}
      >
        Skip to the content
      </a>
      <div class="page">
        <header class="bar">
          <a class="brand" href="#/">
            Tutti
          </a>
          <nav aria-label="Main" class="row">
            {PAGES.map(([href, name]) => (
              <a key={href} href={href} aria-current={route.value === href ? 'page' : undefined}>
                {name}
              </a>
            ))}
          </nav>
          <span class="spacer" />
          {tab.value ? <Connection tab={tab.value} /> : null}
          <label class="faint">
            Theme
            <select value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value)}>
              <option value="system">as the system</option>
              <option value="light">light</option>
              <option value="dark">dark</option>
            </select>
          </label>
        </header>
        <main id="main" tabIndex={-1}>
          {tab.value ? <Screen tab={tab.value} hash={route.value} /> : <Waiting failure={failure.value} />}
        </main>
      </div>
      {reload.value ? (
        <div class="update" role="status">
          <span>A new version is ready.</span>
          <button type="button" onClick={reload.value}>
            Reload
          </button>
        </div>
      ) : null}
    </div>
  );
}

function Waiting({ failure }: { readonly failure: string | null }) {
  if (failure === null)
    return (
      <p class="lead" role="status">
        Connecting…
      </p>
    );
  return (
    <section class="card" role="alert">
      <h1>Not connected</h1>
      <p>{failure}</p>
      <button type="button" class="main" onClick={() => location.reload()}>
        Try again
      </button>
    </section>
  );
}

function Connection({ tab }: { readonly tab: TabModel }) {
  const { relay, chain, peers } = tab.network.value;
  const direct = peers.filter(({ path }) => path === 'direct').length;
  const lost = relay === 'lost' || chain === 'lost';
  const words = lost ? `${relay === 'lost' ? 'relay' : 'chain'} lost, trying again` : relay === 'connecting' ? 'joining' : `${direct} direct ${direct === 1 ? 'peer' : 'peers'}`;
  return (
    <span class={lost ? 'bad' : 'faint'} role="status">
      {words}
    </span>
  );
}

function Screen({ tab, hash }: { readonly tab: TabModel; readonly hash: string }) {
  const [, page, ...rest] = hash.split('/');
  switch (page) {
    case 'contribute':
      return <Contribute tab={tab} />;
    case 'post':
      return <Post tab={tab} />;
    case 'account':
      return <Account tab={tab} />;
    case 'job':
      return <JobPage tab={tab} id={rest[0] ?? ''} />;
    case 'receipt':
      return <ReceiptPage key={hash} tab={tab} place={rest} />;
    default:
      return <Home tab={tab} />;
  }
}
