import { join } from 'node:path';
import { expect, test } from 'vitest';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { localTrainingEngine } from '#swarm/peer/localTrainingEngine.ts';
import type { DeviceView } from '#web/tab/tabModel.ts';
import { launchChromium } from '../browsers.ts';
import { servePage } from '../servePage.ts';
import type { train } from './crashPage/main.ts';
import { longRound } from './longRound.ts';

test('T2 when the browser’s GPU process crashes in mid-round, the tab opens its device again and goes on from its last checkpoint', async () => {
  const site = await servePage(join(import.meta.dirname, 'crashPage'));
  const chromium = await launchChromium();
  try {
    const page = await chromium.newPage();
    await page.goto(site.url);
    await page.waitForFunction('"train" in window');
    const trainOnce = () => page.evaluate(() => (window as unknown as { train: typeof train }).train());
    const cut = trainOnce();
    await page.waitForFunction('window.stepsDone > 500', undefined, { timeout: 120_000 });
    await (await chromium.context.newCDPSession(page)).send('Browser.crashGpuProcess');
    expect(await cut).toBe('DeviceLostError');

    const round = await trainOnce();
    const law = await longRound(localTrainingEngine({ training: referenceExecutor, outer: referenceExecutor }));
    expect(round).toEqual({ ...law, from: expect.any(Number) });
    expect((round as typeof law).from).toBeGreaterThan(400);
    expect(await page.evaluate<DeviceView['phase'][]>('phases')).toEqual(['ready', 'checking', 'ready']);
  } finally {
    await chromium.close();
    await site.close();
  }
}, 240_000);
