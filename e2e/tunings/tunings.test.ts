import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TuningStore } from '#engine/kernels/rememberedTuning.ts';
import { type AnyPage, launchChromium, launchFirefox } from '../browsers.ts';
import { type ServedPage, servePage } from '../servePage.ts';

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
