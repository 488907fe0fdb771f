/** The frame of every page: navigation, theme, what is connected, and which screen is shown. */
import { effect, type ReadonlySignal, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { TabModel } from '#web/tab/tabModel.ts';
import { Icon } from '../parts/Icon.tsx';
import { keepLastSeen } from '../parts/lastSeen.ts';
import { nextTheme, theme } from '../parts/themeChoice.ts';
import { Account } from './Account.tsx';
import { CertificatePage } from './CertificatePage.tsx';
import { Contribute } from './Contribute.tsx';
import { DisputePage } from './DisputePage.tsx';
import { Home } from './Home.tsx';
import { JobPage } from './JobPage.tsx';
import { Post } from './Post.tsx';
import { ReceiptPage } from './ReceiptPage.tsx';
import { Waiting } from './Waiting.tsx';

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
  document.querySelector('main')?.focus({ preventScroll: true });
});

export function App({ tab, failure, reload }: AppProps) {
  useEffect(
    () =>
      effect(() => {
        document.title = titleOf(route.value, tab.value);
      }),
    [tab],
  );
  useEffect(() => (tab.value ? keepLastSeen(tab.value) : undefined), [tab.value]);
  return (
    <div class="frame">
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
            <Mark />
            Tutti
          </a>
          <nav aria-label="Main">
            {PAGES.map(([href, name]) => (
              <a key={href} href={href} aria-current={route.value === href ? 'page' : undefined}>
                {name}
              </a>
            ))}
          </nav>
          <div class="state">
            {tab.value ? <Connection tab={tab.value} /> : null}
            <ThemeButton />
          </div>
        </header>
        <main id="main" tabIndex={-1}>
          {tab.value ? <Screen tab={tab.value} hash={route.value} /> : <Waiting failure={failure.value} home={pageOf(route.value) === ''} />}
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

const pageOf = (hash: string) => hash.split('/')[1] ?? '';

function titleOf(hash: string, tab: TabModel | null): string {
  const [, page, id] = hash.split('/');
  if (page === 'job') return `${tab?.jobs.value.find((card) => String(card.id) === id)?.spec?.title ?? `Job ${id}`} – Tutti`;
  if (page === 'certificate') return 'Certificate – Tutti';
  if (page === 'receipt') return 'Receipt – Tutti';
  if (page === 'dispute') return `Dispute ${id} – Tutti`;
  const name = PAGES.find(([href]) => href === hash)?.[1];
  return name && page ? `${name} – Tutti` : 'Tutti';
}

function Mark() {
  return (
    <svg class="mark-brand" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <rect class="ground" width="64" height="64" rx="14" />
      <path class="strokes" d="M15.5 19.5h33M15.5 32.5h5M29.5 32.5h5M43.5 32.5h5M32 43.5v5" />
    </svg>
  );
}

const THEME_ICONS = { system: 'half', light: 'sun', dark: 'moon' } as const;
const THEME_WORDS = { system: 'as the system', light: 'light', dark: 'dark' } as const;

function ThemeButton() {
  const label = `Theme: ${THEME_WORDS[theme.value]}`;
  return (
    <button type="button" class="quiet round" aria-label={label} title={label} onClick={nextTheme}>
      <Icon name={THEME_ICONS[theme.value]} />
    </button>
  );
}

function Connection({ tab }: { readonly tab: TabModel }) {
  const { relay, chain, peers } = tab.network.value;
  const direct = peers.filter(({ path }) => path === 'direct').length;
  const lost = relay === 'lost' || chain === 'lost';
  const joining = relay === 'connecting' || chain === 'connecting';
  const words = lost ? `${relay === 'lost' ? 'relay' : 'chain'} lost, trying again` : joining ? 'joining' : `${direct} direct ${direct === 1 ? 'peer' : 'peers'}`;
  return (
    <span class={`connection ${lost ? 'lost' : joining ? 'joining' : 'there'}`} role="status">
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
      return <JobPage key={hash} tab={tab} id={rest[0] ?? ''} />;
    case 'receipt':
      return <ReceiptPage key={hash} tab={tab} place={rest} />;
    case 'certificate':
      return <CertificatePage key={hash} tab={tab} text={rest[0] ?? ''} />;
    case 'dispute':
      return <DisputePage key={hash} tab={tab} id={rest[0] ?? ''} />;
    default:
      return <Home tab={tab} />;
  }
}
