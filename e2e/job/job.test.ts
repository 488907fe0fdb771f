/** The main job as its users meet it: real tabs in browsers of their own, a real relay, a real chain. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTutti, type Tutti } from '../../scripts/startTutti.ts';
import { type Chromium, launchChromium } from '../browsers.ts';
import { draftOf } from '../people/drafts.ts';
import { literal, openTab, type TabDriver } from '../people/tabDriver.ts';

let dataDir: string;
let tutti: Tutti;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tutti-e2e-'));
  tutti = await startTutti({ dataDir, port: 0 });
}, 240_000);

/** Tabs that lend themselves would take part in the next test's job too. */
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close().catch(() => undefined);
}, 60_000);

afterAll(async () => {
  await tutti?.stop();
  await rm(dataDir, { recursive: true, force: true });
}, 60_000);

async function openPage(options: Parameters<typeof launchChromium>[0] = {}): Promise<Page> {
  const browser: Chromium = await launchChromium(options);
  closers.push(() => browser.close());
  const page = await browser.newPage();
  await page.goto(tutti.url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}

async function lend(page: Page, roles: { readonly train: boolean; readonly verify: boolean }): Promise<void> {
  await page.getByRole('link', { name: 'Lend this tab' }).first().click();
  await page.getByLabel('Train', { exact: true }).setChecked(roles.train);
  await page.getByLabel("Check others' work").setChecked(roles.verify);
  await page.getByRole('button', { name: 'Start lending' }).click();
  await page.getByRole('button', { name: 'Stop lending' }).waitFor({ timeout: 60_000 });
}

async function lendTo(tab: TabDriver, job: bigint, roles: { readonly train: boolean; readonly verify: boolean }): Promise<void> {
  await tab.ask(`tab.contribute({ job: ${job}n, train: ${roles.train}, verify: ${roles.verify}, priceWei: null })`);
}

async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${page.url()} ${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
  }
}

describe('the main job, by hand', () => {
  test('R2, A3, S1: posted on a form, trained by two tabs, checked by a third without a GPU, paid, run again, downloaded, tried', { timeout: 600_000 }, async () => {
    const requestor = await openPage();
    await requestor.getByRole('link', { name: 'Post a job' }).first().click();
    const fill = (name: RegExp, value: string) => requestor.getByRole('spinbutton', { name }).fill(value);
    await fill(/^Rounds/, '2');
    await fill(/^Steps a round/, '12');
    await fill(/^Checkpoint every/, '5');
    await requestor.getByRole('button', { name: 'Check and estimate' }).click();
    await expect.poll(() => requestor.getByRole('alert').textContent()).toContain('does not divide');
    await fill(/^Checkpoint every/, '4');
    await fill(/^Checked share/, '100');
    await fill(/^Batch/, '32');
    await expectAccessible(requestor);
    await requestor.getByRole('button', { name: 'Check and estimate' }).click();
    const post = requestor.getByRole('button', { name: 'Post this job' });
    await post.waitFor({ timeout: 60_000 });
    await expectAccessible(requestor);
    await post.click();
    await requestor.waitForURL(/#\/job\/1$/, { timeout: 60_000 });

    const auditor = await openPage({ webgpu: false });
    await lend(auditor, { train: false, verify: true });
    await auditor
      .getByText(/has no WebGPU|no usable graphics processor/)
      .first()
      .waitFor();
    await expectAccessible(auditor);
    const [ada, bob] = [await openPage(), await openPage()];
    await lend(ada, { train: true, verify: false });
    await lend(bob, { train: true, verify: false });

    await requestor.getByText('Finished after 2 rounds.').waitFor({ timeout: 400_000 });
    expect(await requestor.getByRole('link', { name: /: paid\. Receipt$/ }).count()).toBe(4);
    await requestor
      .getByText(/every bit equal/)
      .first()
      .waitFor();
    await requestor.setViewportSize({ width: 390, height: 844 });
    await expectAccessible(requestor);

    const paths = (await ada.evaluate('globalThis.tutti.network.value.peers.map((peer) => peer.path)')) as string[];
    expect(paths).toContain('direct');
    await ada
      .getByText(/Your tab earned|set aside as stake/)
      .first()
      .waitFor();

    const canvas = requestor.getByRole('img', { name: 'Drawing area for a digit' });
    await canvas.focus();
    await requestor.keyboard.press('1');
    await requestor.getByText('the model says').waitFor({ timeout: 60_000 });
    const download = requestor.waitForEvent('download');
    await requestor.getByRole('button', { name: 'Download as safetensors' }).click();
    expect((await download).suggestedFilename()).toMatch(/\.safetensors$/);

    // Anyone, without an account or a part in the job, runs a paid piece again.
    const stranger = await openPage();
    await stranger.goto(`${tutti.url}/#/receipt/1/1/0/2`);
    await stranger.getByRole('button', { name: 'Run it again here' }).click();
    await stranger.getByText(/^(MATCH|MISMATCH)$/).waitFor({ timeout: 180_000 });
    expect(await stranger.getByText('MATCH', { exact: true }).count()).toBe(1);
    await expectAccessible(stranger);
    // It heard no loss report of this job: the relay kept them.
    await stranger.goto(`${tutti.url}/#/job/1`);
    await expect.poll(() => stranger.evaluate('globalThis.tutti?.jobs.value.find((one) => one.id === 1n)?.curve.length'), { timeout: 60_000 }).toBeGreaterThan(0);
    await stranger.getByText('The curve begins with the first finished round.').waitFor({ state: 'detached' });
    await stranger.goto(`${tutti.url}/#/account`);
    await stranger.getByRole('heading', { name: 'Account' }).waitFor();
    await expectAccessible(stranger);
  });

  test('T5: a solver in Firefox and one in Chromium, connected directly, end with equal roots', { timeout: 600_000 }, async () => {
    const requestor = await openTab('requestor', tutti.url);
    closers.push(() => requestor.close());
    const draft = draftOf('mnist-dense', { slots: 2, rounds: 2, change: { batch: 16, stepsPerRound: 6, checkpointEvery: 3, roundSeconds: 120, auditRate: 0 } });
    const job = await requestor.ask<bigint>(`(async () => tab.post(await tab.prepare(${literal(draft)}, () => {}), () => {}))()`);
    const firefox = await openTab('firefox', tutti.url, 'firefox');
    closers.push(() => firefox.close());
    const chromium = await openTab('chromium', tutti.url);
    closers.push(() => chromium.close());
    for (const tab of [firefox, chromium]) {
      expect(
        (
          await tab.ask<{ phase: string; message: string }>(
            'tab.device.value.phase === "checking" ? new Promise((resolve) => { const stop = tab.device.subscribe((view) => { if (view.phase !== "checking") { resolve(view); setTimeout(() => stop()); } }); }) : tab.device.value',
          )
        ).phase,
        tab.name,
      ).toBe('ready');
      await lendTo(tab, job, { train: true, verify: false });
    }
    const roots = async (tab: TabDriver) => tab.ask<Record<string, string>>(`tab.work.value.find((work) => work.job === ${job}n)?.roots ?? {}`);
    await expect.poll(async () => [(await roots(firefox))['2'], (await roots(chromium))['2']].every(Boolean), { timeout: 400_000, interval: 2000 }).toBe(true);
    expect(await roots(firefox)).toEqual(await roots(chromium));
    // The requestor trains nothing: it hears of the root from them.
    await expect.poll(async () => (await roots(requestor))['2'], { timeout: 60_000 }).toBe((await roots(chromium))['2']);
    const meshIdPaths = await firefox.ask<string[]>('tab.network.value.peers.map((peer) => peer.path)');
    expect(meshIdPaths).toContain('direct');
  });
});
