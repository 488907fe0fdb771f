/** Chromium tabs on the test page, each in a browser profile of its own: tabs of one profile share their stored blobs. */
import type { Page } from 'playwright';
import { type Chromium, launchChromium } from '../browsers.ts';

export interface Tab {
  readonly id: string;
  readonly page: Page;
  readonly errors: readonly string[];
  close(): Promise<void>;
}

export async function openTab(options: {
  readonly url: string;
  readonly relays: readonly string[];
  readonly namespace: string;
  readonly liar?: boolean;
  readonly browser?: Chromium /** Runs in the page before anything else. */;
  readonly initScript?: () => void;
}): Promise<Tab> {
  const browser = options.browser ?? (await launchChromium({ webgpu: false }));
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  if (options.initScript) await page.addInitScript(options.initScript);
  await page.goto(options.url);
  await page.waitForFunction(() => globalThis.net !== undefined);
  const id = await page.evaluate(([relays, namespace, liar]) => net.join([...relays], namespace, liar), [options.relays, options.namespace, options.liar ?? false] as const);
  return { id, page, errors, close: () => browser.close() };
}

/** Waits until `tab` has a direct connection to each of the others. */
export async function directlyConnected(tab: Tab, others: readonly Tab[], timeoutMs = 30_000): Promise<void> {
  await tab.page.waitForFunction(
    (ids) => ids.every((id) => net.peers().some((peer) => peer.id === id && peer.path === 'direct')),
    others.map(({ id }) => id),
    { timeout: timeoutMs, polling: 100 },
  );
}
