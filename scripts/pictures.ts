/** `npm run pictures`: trains a small job with real tabs and takes the README's pictures of it, into docs/images. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchChromium } from '../e2e/browsers.ts';
import { draftOf } from '../e2e/people/drafts.ts';
import { literal, openTab, type TabDriver } from '../e2e/people/tabDriver.ts';
import { startTutti } from './startTutti.ts';

const IMAGES = join(import.meta.dirname, '../docs/images');
const say = (text: string) => void process.stdout.write(`${text}\n`);
const pause = (ms: number) => new Promise((resume) => setTimeout(resume, ms));

const dataDir = await mkdtemp(join(tmpdir(), 'tutti-pictures-'));
const tutti = await startTutti({ dataDir, port: 0 });
const tabs: TabDriver[] = [];
try {
  const open = async (name: string) => {
    const tab = await openTab(name, tutti.url);
    tabs.push(tab);
    return tab;
  };
  const [requestor, solver, second, auditor] = [await open('requestor'), await open('solver'), await open('second'), await open('auditor')];
  const draft = draftOf('mnist-dense', { slots: 2, rounds: 5, change: { batch: 32, stepsPerRound: 30, checkpointEvery: 10 } });
  const job = await requestor.ask<bigint>(`(async () => tab.post(await tab.prepare(${literal(draft)}, () => {}), () => {}))()`);
  for (const tab of [solver, second, auditor]) await tab.ask(`tab.contribute({ job: ${job}n, train: ${tab !== auditor}, verify: ${tab === auditor}, priceWei: null })`);
  say('a job of five rounds is trained by two tabs and checked by a third');
  await solver.show('#/contribute');
  const roundOf = () =>
    requestor.ask<{ round: number; phase: string }>(`(({ view }) => ({ round: view.round, phase: view.phase }))(tab.jobs.value.find((one) => one.id === ${job}n))`);
  let lent = false;
  for (;;) {
    const { round, phase } = await roundOf();
    if (phase === 'finished') break;
    if (round === 3 && !lent) {
      await pause(3000);
      await solver.screenshot(join(IMAGES, 'lend.png'));
      lent = true;
    }
    await pause(1000);
  }
  await pause(5000);
  for (const [name, hash] of [
    ['jobs', '#/'],
    ['job', `#/job/${job}`],
    ['post', '#/post'],
    ['account', '#/account'],
    ['receipt', `#/receipt/${job}/1/0/1`],
  ] as const) {
    await requestor.show(hash);
    await pause(2500);
    await requestor.screenshot(join(IMAGES, `${name}.png`));
    say(`docs/images/${name}.png`);
  }
  await takePhone(`${tutti.url}/#/job/${job}`, 'phone');
} finally {
  for (const tab of tabs) await tab.close().catch(() => undefined);
  await tutti.stop();
  await rm(dataDir, { recursive: true, force: true });
}

/** As a stranger sees it on a phone, at night. */
async function takePhone(url: string, name: string): Promise<void> {
  const phone = await launchChromium({ webgpu: false });
  try {
    const page = await phone.newPage();
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(url);
    await pause(9000);
    await page.screenshot({ path: join(IMAGES, `${name}.png`) });
    say(`docs/images/${name}.png`);
  } finally {
    await phone.close();
  }
}
