/** Reloads of real tabs: the round goes on from its newest checkpoint (OPFS), and the requestor's curves are still there. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTutti, type Tutti } from '../../scripts/startTutti.ts';
import { draftOf } from '../people/drafts.ts';
import { literal, openTab, type TabDriver } from '../people/tabDriver.ts';

let dataDir: string;
let tutti: Tutti;
const tabs: TabDriver[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tutti-reload-'));
  tutti = await startTutti({ dataDir, port: 0 });
}, 240_000);
afterAll(async () => {
  for (const tab of tabs) await tab.close().catch(() => undefined);
  await tutti?.stop();
  await rm(dataDir, { recursive: true, force: true });
}, 60_000);

const EVERY = 4;

test('T2: a tab reloaded in mid-round goes on from its newest checkpoint; the requestor reloads and keeps its curves', { timeout: 300_000 }, async () => {
  const open = async (name: string) => {
    const tab = await openTab(name, tutti.url);
    tabs.push(tab);
    return tab;
  };
  const [requestor, solver] = [await open('requestor'), await open('solver')];
  const draft = draftOf('mnist-dense', { slots: 1, rounds: 1, change: { batch: 64, stepsPerRound: 120, checkpointEvery: EVERY, roundSeconds: 280, auditRate: 0 } });
  const job = await requestor.ask<bigint>(`(async () => tab.post(await tab.prepare(${literal(draft)}, () => {}), () => {}))()`);
  await solver.ask(`tab.contribute({ job: ${job}n, train: true, verify: false, priceWei: null })`);
  const work = () => solver.ask<{ step: number; phase: string } | null>(`tab.work.value.find((one) => one.job === ${job}n) ?? null`);
  await expect.poll(async () => (await work())?.step ?? 0, { timeout: 200_000, interval: 100 }).toBeGreaterThan(3 * EVERY);
  const before = (await work())?.step ?? 0;
  expect(before).toBeLessThan(120);
  await solver.reload();
  await solver.ask(
    `globalThis.steps = [], void tab.work.subscribe((all) => { const step = all.find((one) => one.job === ${job}n)?.step ?? 0; if (step > 0) globalThis.steps.push(step); })`,
  );
  await expect.poll(() => solver.ask<number>('globalThis.steps.length'), { timeout: 120_000, interval: 200 }).toBeGreaterThan(0);
  const first = await solver.ask<number>('globalThis.steps[0]');
  // At most a few checkpoints were not on disk yet when the page went.
  expect(first, `it had done ${before} steps`).toBeGreaterThan(EVERY);

  const card = `tab.jobs.value.find((one) => one.id === ${job}n)`;
  await expect.poll(() => requestor.ask<string>(`${card}?.view.phase`), { timeout: 200_000, interval: 1000 }).toBe('finished');
  await expect.poll(() => requestor.ask<number>(`${card}?.testAccuracy.length`), { timeout: 60_000, interval: 500 }).toBe(2);
  const shown = async () =>
    requestor.ask<{ curve: unknown[]; testAccuracy: unknown[] }>(`(({ curve, testAccuracy }) => ({ curve, testAccuracy }))(${card} ?? { curve: [], testAccuracy: [] })`);
  const curves = await shown();
  expect(curves.curve).toHaveLength(1);
  await requestor.reload();
  await expect.poll(shown, { timeout: 60_000, interval: 500 }).toEqual(curves);
});
