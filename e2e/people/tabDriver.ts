/** One real tab in a browser of its own, driven through `window.tutti`, the same model that its screens use. */
import { launchChromium, launchFirefox } from '../browsers.ts';

export interface TabDriver {
  readonly name: string;
  /** Evaluates an async expression in which `tab` is the TabModel; bigints travel as they are. Errors: the page's own. */
  ask<T>(expression: string): Promise<T>;
  /** Where a page of this app is shown: `#/job/1`. */
  show(hash: string): Promise<void>;
  screenshot(path: string): Promise<void>;
  reload(): Promise<void>;
  close(): Promise<void>;
}

interface AnyPage {
  goto(url: string): Promise<unknown>;
  evaluate(expression: string): Promise<unknown>;
  screenshot(options: { path: string }): Promise<unknown>;
}

const READY_MS = 90_000;

export async function openTab(name: string, url: string, browser: 'chromium' | 'firefox' = 'chromium', onLine: (text: string) => void = () => {}): Promise<TabDriver> {
  const launched = browser === 'firefox' ? await launchFirefox() : await launchChromium();
  const page = (await launched.newPage()) as unknown as AnyPage & {
    on(event: string, listener: (value: { text?: () => string; message?: string; type?: () => string }) => void): void;
  };
  page.on('console', (message) => {
    if (message.type?.() === 'error') onLine(`${name} console: ${message.text?.()}`);
  });
  page.on('pageerror', (error) => onLine(`${name} error: ${error.message}`));
  const ready = async () => {
    const end = Date.now() + READY_MS;
    while (!(await page.evaluate('globalThis.tutti !== undefined'))) {
      if (Date.now() > end) throw new Error(`${name}: the page did not come up within ${READY_MS / 1000} s`);
      await new Promise((resume) => setTimeout(resume, 100));
    }
  };
  await page.goto(url);
  await ready();
  let closed: Promise<void> | null = null;
  return {
    name,
    async ask(expression) {
      const text = (await page.evaluate(
        `(async () => { const tab = globalThis.tutti; const value = await (${expression}); return JSON.stringify(value, (_, v) => typeof v === 'bigint' ? v + 'n' : v); })()`,
      )) as string | undefined;
      return text === undefined ? (undefined as never) : JSON.parse(text, (_, value) => (typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value));
    },
    async show(hash) {
      await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    },
    async screenshot(path) {
      await page.screenshot({ path });
    },
    async reload() {
      await page.goto(url);
      await ready();
    },
    close: () => (closed ??= launched.close()),
  };
}

/** A value as an expression that `ask` can hold: bigints keep their kind. */
export function literal(value: unknown): string {
  return JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `__big${v}` : v)).replaceAll(/"__big(-?\d+)"/g, '$1n');
}
