import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TuningStore } from '#engine/kernels/rememberedTuning.ts';
import { launchChromium, launchFirefox } from '../browsers.ts';
import { type ServedPage, servePage } from '../servePage.ts';

/** What Playwright's and Puppeteer's pages have in common. */
interface AnyPage {
  goto(url: string): Promise<unknown>;
  waitForFunction(condition: () => boolean): Promise<unknown>;
  evaluate<A, R>(run: (given: A) => Promise<R>, given: A): Promise<R>;
}

declare global {
  interface Window {
    tunings: TuningStore;
  }
}

let site: ServedPage;
beforeAll(async () => {
  site = await servePage(join(import.meta.dirname, 'page'));
}, 120_000);
afterAll(() => site?.close());

test.each([
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
])('in %s, what was measured of a device outlives the page', async (_, launch) => {
  const browser = await launch();
  try {
    const page = (await browser.newPage()) as unknown as AnyPage;
    const open = async () => {
      await page.goto(site.url);
      await page.waitForFunction(() => 'tunings' in window);
    };
    const load = () => page.evaluate(() => window.tunings.load(), null);
    await open();
    expect(await load()).toBeNull();
    await page.evaluate((text) => window.tunings.save(text), 'something longer');
    await page.evaluate((text) => window.tunings.save(text), 'the newest');
    await open();
    expect(await load()).toBe('the newest');
  } finally {
    await browser.close();
  }
});
