/** Entry of the web app: shows something at once, connects, then keeps itself up to date. */
import { signal } from '@preact/signals';
import { render } from 'preact';
import { App } from './screens/App.tsx';
import { messageOf } from './parts/format.ts';
import type { TabModel } from './tab/tabModel.ts';
import './style/main.css';

const tab = signal<TabModel | null>(null);
const failure = signal<string | null>(null);
const reload = signal<(() => void) | null>(null);

const UPDATE_CHECK_MS = 3_600_000;
const RELAY_CHECK_MS = 3000;

declare global {
  /** For the browser's console and end-to-end tests. */
  var tutti: TabModel | undefined;
}

async function connect(): Promise<void> {
  try {
    const { createTab } = await import('./tab/createTab.ts');
    tab.value = await createTab();
    globalThis.tutti = tab.value;
  } catch (error) {
    failure.value = navigator.onLine ? messageOf(error) : 'This device is offline. What you have earned and posted is safe on chain; this page goes on once it is connected.';
    await returnOnceAnswered();
  }
}

/** Opens the page again when a relay that did not answer does: back on the network, or started again. Other failures stay to be read. */
async function returnOnceAnswered(): Promise<void> {
  const answers = () =>
    fetch('/api/config', { cache: 'no-store' }).then(
      ({ ok }) => ok,
      () => false,
    );
  if (await answers()) return;
  do await new Promise((resolve) => setTimeout(resolve, RELAY_CHECK_MS));
  while (!(await answers()));
  location.reload();
}

/** A new version waits until the person agrees, so no round is cut off by an update. */
async function watchForUpdates(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const { Workbox } = await import('workbox-window');
  const worker = new Workbox('/sw.js');
  worker.addEventListener('waiting', () => {
    reload.value = () => {
      worker.addEventListener('controlling', () => location.reload());
      worker.messageSkipWaiting();
    };
  });
  await worker.register();
  // A lent tab stays open for days.
  setInterval(() => void worker.update().catch(() => undefined), UPDATE_CHECK_MS);
}

const root = document.getElementById('app');
if (root) render(<App tab={tab} failure={failure} reload={reload} />, root);
void connect();
void watchForUpdates().catch(() => undefined);
