/** Every screen in chosen situations: nothing that axe finds, nothing wider than a phone, and what people press reaches the model. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Chromium, launchChromium } from '../browsers.ts';
import { fixtureDisputes } from './fixtureDisputes.ts';

const ORIGIN = 'http://localhost';
const KINDS: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
/** As strict as the relay's own: nothing inline, nothing evaluated. */
const POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:";
let folder = '';
let chromium: Chromium;
let page: Page;
const broken: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-screens-'));
  await build({
    configFile: false,
    logLevel: 'error',
    root: join(import.meta.dirname, 'page'),
    build: { outDir: folder, emptyOutDir: true, target: 'es2024', minify: false, chunkSizeWarningLimit: 10_000, modulePreload: { polyfill: false } },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  });
  chromium = await launchChromium({ webgpu: false });
  page = await chromium.newPage();
  page.on('pageerror', ({ message }) => broken.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') broken.push(message.text());
  });
  await page.route(`${ORIGIN}/**`, (route) => {
    const path = new URL(route.request().url()).pathname;
    return route.fulfill({ path: join(folder, path), contentType: KINDS[extname(path)] ?? 'text/plain', headers: { 'content-security-policy': POLICY } });
  });
}, 120_000);

afterAll(async () => {
  await chromium?.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(scene: string, hash: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`${ORIGIN}/index.html?scene=${scene}${hash}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
}

const calls = () => page.evaluate('window.calls') as Promise<unknown[][]>;
const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

const openCalls = async () => {
  await page.getByRole('heading', { name: 'Every move' }).waitFor();
  for (const summary of await page.locator('.moves > li').nth(2).locator('summary').all()) if (await summary.isVisible()) await summary.press('Enter');
};

const SCREENS: [scene: string, hash: string, prepare?: (() => Promise<void>) | undefined][] = [
  ['busy', '#/'],
  ['empty', '#/'],
  ['unreachable', '#/'],
  ['update', '#/'],
  ['busy', '#/contribute'],
  ['empty', '#/contribute'],
  ['nogpu', '#/contribute'],
  ['refused', '#/contribute'],
  ['busy', '#/post', () => press('Check and estimate')],
  ['busy', '#/post', () => page.getByRole('radio', { name: /^Your own model/ }).check()],
  ['busy', '#/job/1'],
  ['busy', '#/job/2'],
  [
    'busy',
    '#/job/3',
    async () => {
      await page.getByRole('img', { name: 'Drawing area for a digit' }).press('7');
      await page.getByText('The same as a table').click();
    },
  ],
  ['busy', '#/job/4'],
  ['busy', '#/job/99'],
  ['busy', '#/receipt/3/0/0/3', () => press('Run it again here')],
  ['busy', '#/receipt/1/1/1/2', () => press('Run it again here')],
  ['busy', '#/receipt/x'],
  ['busy', '#/dispute/1', () => openCalls()],
  ['busy', '#/dispute/2'],
  ['busy', '#/dispute/3'],
  ['busy', '#/dispute/4'],
  ['busy', '#/dispute/99'],
  ['busy', '#/dispute/x'],
  ['busy', '#/account', () => press('Export key')],
  ['busy', '#/certificate'],
  ['refused', '#/certificate'],
  ['busy', '#/certificate/garbled'],
];

describe('screens', () => {
  test.each(SCREENS)('axe finds nothing and a phone is wide enough: %s %s', async (...[scene, hash, prepare]) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.setViewportSize({ width: 1280, height: 900 });
    await open(scene, hash);
    await prepare?.();
    for (const [colorScheme, width] of [
      ['light', 1280],
      ['dark', 390],
    ] as const) {
      await page.setViewportSize({ width, height: 844 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      // There are no frames here: the mode that looks into one page only is four times as quick.
      const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
      expect(violations.map(({ id, nodes }) => `${colorScheme} ${width} ${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth'), 'width of the page').toBeLessThanOrEqual(width);
    }
    expect(broken, 'errors in the console, the policy included').toEqual([]);
  });
});

describe('what people press reaches the model', () => {
  test('lending starts with the chosen roles, is still on after a look elsewhere, and stops', async () => {
    await open('empty', '#/contribute');
    await page.getByLabel('Train', { exact: true }).uncheck();
    await press('Start lending');
    await page.getByRole('button', { name: 'Stop lending' }).waitFor();
    await page.getByRole('link', { name: 'Account' }).click();
    await page.getByRole('heading', { name: 'Account' }).waitFor();
    await page.getByRole('link', { name: 'Lend this tab' }).first().click();
    await press('Stop lending');
    await page.getByRole('button', { name: 'Start lending' }).waitFor();
    expect(await calls()).toEqual([['contribute', { train: false, verify: true }], ['stopContributing']]);
  });

  test('after a reload the chain tells that the tab is lent', async () => {
    await open('busy', '#/contribute');
    await press('Stop lending');
    await page.getByRole('button', { name: 'Start lending' }).waitFor();
    expect(await calls()).toEqual([['stopContributing']]);
  });

  test('without a usable graphics processor it offers to check, not to train', async () => {
    await open('refused', '#/contribute');
    await press('Stop lending');
    const train = page.getByLabel('Train', { exact: true });
    expect([await train.isDisabled(), await train.isChecked()]).toEqual([true, false]);
    await train.setChecked(false);
    await press('Start lending');
    await page.getByRole('button', { name: 'Stop lending' }).waitFor();
    expect(await calls()).toEqual([['stopContributing'], ['contribute', { train: false, verify: true }]]);
  });

  test('offline, the page says what was last seen', async () => {
    await open('busy', '#/');
    await open('unreachable', '#/');
    await page.getByRole('heading', { name: 'When this browser was last connected' }).waitFor();
    await page.getByText('Handwritten digits, dense net: round 5 of 6').waitFor();
  });

  test('the theme that was chosen is kept', async () => {
    await open('busy', '#/');
    await press('Theme: as the system');
    await press('Theme: light');
    await open('busy', '#/account');
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
    expect(await page.evaluate('getComputedStyle(document.body).colorScheme')).toBe('dark');
    await press('Theme: dark');
  });

  test('R2 a draft is checked in words, then estimated, then posted, and its page opens', async () => {
    await open('busy', '#/post');
    await page.getByRole('spinbutton', { name: /^Checkpoint every/ }).fill('7');
    await press('Check and estimate');
    expect(await page.getByRole('alert').textContent()).toContain('does not divide');
    expect(await calls()).toEqual([]);
    await page.getByRole('spinbutton', { name: /^Checkpoint every/ }).fill('20');
    await press('Check and estimate');
    await press('Post this job');
    await page.waitForURL(/#\/job\/3$/);
    const [prepare, post] = await calls();
    expect(prepare).toEqual([
      'prepare',
      expect.objectContaining({
        model: { kind: 'preset', name: 'mnist-dense' },
        data: { kind: 'mnist' },
        optimizer: { kind: 'adam', learningRate: 0.003 },
        batch: 64,
        slots: 2,
        stepsPerRound: 200,
        checkpointEvery: 20,
        auditRate: 0.5,
        maxPriceWei: `2${'0'.repeat(18)}`,
      }),
    ]);
    expect(post).toEqual(['post']);
  });

  test('a text that is chosen becomes the data', async () => {
    await open('busy', '#/post');
    await page.getByRole('radio', { name: /^Text, character transformer/ }).check();
    await press('Check and estimate');
    expect(await page.getByRole('alert').textContent()).toContain('Choose a text file');
    await page.locator('input[type=file]').setInputFiles({ name: 'sonnets.txt', mimeType: 'text/plain', buffer: Buffer.from('Shall I compare thee') });
    await press('Check and estimate');
    await page.getByRole('button', { name: 'Post this job' }).waitFor();
    expect(await calls()).toEqual([
      ['prepare', expect.objectContaining({ model: { kind: 'preset', name: 'text' }, data: expect.objectContaining({ kind: 'text', name: 'sonnets.txt' }) })],
    ]);
  });

  test('a receipt says MATCH, or MISMATCH with both hashes', async () => {
    await open('busy', '#/receipt/3/0/0/3');
    await press('Run it again here');
    await page.getByText('MATCH', { exact: true }).waitFor();
    expect(await calls()).toEqual([['replay', 0, 0, 3]]);
    await open('busy', '#/receipt/1/1/1/2');
    await press('Run it again here');
    await page.getByText('MISMATCH', { exact: true }).waitFor();
    expect(await page.getByText(/0x(c4){32}/).count()).toBe(1);
    expect(await page.getByText(/0x(1f){32}/).count()).toBe(1);
  });

  test('D6 a dispute says who was wrong, both claims and the court in decimal and bits, and opens each transaction by key', async () => {
    await open('busy', '#/job/1');
    await page.getByRole('link', { name: 'See dispute 1' }).click();
    await page.getByText('The solver was wrong.').waitFor();
    const recorded = fixtureDisputes[0];
    if (recorded?.ruling?.kind !== 'words') throw new Error('the first recorded dispute does not end in a multiply-add');
    const ruled = recorded.ruling.words.find(({ solver, court }) => solver !== court);
    if (!ruled) throw new Error('the recorded words do not differ');
    const said = await page.locator('.claims').innerText();
    for (const bits of [ruled.solver, ruled.court]) {
      const decimal = new Float32Array(Uint32Array.of(bits).buffer)[0] as number;
      const [, shown] = new RegExp(`(\\S+) \\(${bits.toString(16).padStart(8, '0')}\\)`).exec(said) ?? [];
      expect(Math.fround(Number(shown))).toBe(decimal);
    }
    expect(await page.locator('.moves > li').count()).toBe(recorded.transactions.length);
    const last = page.locator('.moves > li').last();
    await last.locator('summary').first().press('Enter');
    await last.getByText('openTerm', { exact: true }).waitFor();
  });

  test('a digit is tried by pointer and by key; a text goes on; a row is judged', async () => {
    await open('busy', '#/job/3');
    const canvas = page.getByRole('img', { name: 'Drawing area for a digit' });
    await canvas.scrollIntoViewIfNeeded();
    const box = await canvas.boundingBox();
    if (!box) throw new Error('the canvas is not shown');
    await page.mouse.move(box.x + 60, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + 180, box.y + 200, { steps: 4 });
    await page.mouse.up();
    await page.getByText('the model says').waitFor();
    await canvas.press('4');
    await expect
      .poll(async () => (await calls()).filter(([name]) => name === 'classify'))
      .toEqual([
        ['classify', 784, true],
        ['classify', 784, true],
      ]);
    await open('busy', '#/job/2');
    await page.getByLabel('Beginning of a text').fill('shall i');
    await press('Go on with it');
    await page.getByText('shall i thou art more lovely').waitFor();
    await open('busy', '#/job/1');
    await page.getByLabel('sepal length').fill('5.1');
    await press('Predict');
    await expect.poll(async () => (await calls()).filter(([name]) => name === 'classify')).toEqual([['classify', 3, true]]);
  });

  test('both downloads', async () => {
    await open('busy', '#/job/3');
    for (const [button, file] of [
      ['Download for TensorFlow.js', 'model.json'],
      ['Download as safetensors', /\.safetensors$/],
    ] as const) {
      const download = page.waitForEvent('download');
      await press(button);
      expect((await download).suggestedFilename()).toMatch(file);
    }
  });

  test('the account claims, restores a key, and says what went wrong with a wallet', async () => {
    await open('busy', '#/account');
    await press('Claim');
    await page.getByLabel('A key from before').fill(`0x${'12'.repeat(32)}`);
    await press('Restore key');
    await press('Connect wallet');
    await page.getByText('This browser has no wallet').waitFor();
    expect(await calls()).toEqual([['claim'], ['restoreKey', `0x${'12'.repeat(32)}`]]);
  });

  test('D14 a watchtower is named, its file is saved, and it is dismissed', async () => {
    await open('busy', '#/account');
    const address = `0x${'12'.repeat(20)}`;
    await page.getByLabel('Address of the watchtower').fill(address);
    const download = page.waitForEvent('download');
    await press('Let it answer for me');
    expect((await download).suggestedFilename()).toBe('tutti-delegation.json');
    await page.getByText('answers for you.').waitFor();
    await press('Take it back');
    await page.getByText('Nobody answers for you now.').waitFor();
    expect(await calls()).toEqual([['nameStandIn', address], ['dismissStandIn']]);
  });

  test('a certificate is a link that shows the same to somebody else, and a file; a spoilt link says so', async () => {
    await open('busy', '#/contribute');
    await page.getByRole('link', { name: /^Certificate/ }).click();
    await page.getByText('All of its 3 pipelines agree.').waitFor();
    await page.getByText('In 2 of them the careful variant is used here').waitFor();
    const download = page.waitForEvent('download');
    await press('Save as JSON');
    const file = JSON.parse(await readFile(await (await download).path(), 'utf8')) as { device: string; verdict: string; jobs: { pipelines: { guarded: string }[] }[] };
    expect(file).toMatchObject({ verdict: 'exact', device: 'NVIDIA GeForce RTX 4070 (Chrome)' });
    expect(file.jobs[0]?.pipelines.map(({ guarded }) => guarded)).toEqual(['yes', 'yes', 'no']);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await press('Copy link');
    await page.getByText('The link is copied.').waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    await open('empty', new URL(link).hash);
    await page.getByText('a claim, not a proof').waitFor();
    await page.getByText('All of its 3 pipelines agree.').waitFor();
    await page.getByText('In 2 of them the careful variant is used here').waitFor();
    await open('busy', '#/certificate/AAAA');
    await page.getByRole('alert').waitFor();
  });

  test('an update waits for a press', async () => {
    await open('update', '#/');
    await page.getByText('A new version is ready').waitFor();
    await press('Reload');
    expect(await calls()).toEqual([['reload']]);
  });
});
