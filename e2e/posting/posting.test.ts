/** What requestors bring themselves, posted by hand on the form: each kind is estimated, taken by a lent tab, trained, and can be tried. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashToCid } from '#swarm/network/blobs/hashToCid.ts';
import { startTutti, type Tutti } from '../../scripts/startTutti.ts';
import { type Chromium, launchChromium } from '../browsers.ts';
import { fileOf, type OwnFile, pictureModel, pictures, saveModel, type SavedModel, tableCsv, tableModel, zipOf } from './ownFiles.ts';

const TEXT = 'The quick brown fox jumps over the lazy dog, and then it sleeps until noon. '.repeat(40);

let folder: string;
let tutti: Tutti;
let requestor: Page;
let solver: Page;
let web: Server;
/** Address of the host that serves the requestor's files. */
let host: string;
let table: SavedModel;
let picture: SavedModel;
const browsers: Chromium[] = [];
const broken: string[] = [];
const served = new Map<string, Buffer>();

async function openPage(): Promise<Page> {
  const browser = await launchChromium();
  browsers.push(browser);
  const page = await browser.newPage();
  page.on('pageerror', ({ message }) => broken.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') broken.push(message.text());
  });
  await page.goto(tutti.url);
  await page.waitForFunction(() => 'tutti' in globalThis);
  return page;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-posting-'));
  for (const [path, content] of Object.entries(pictures())) {
    await mkdir(join(folder, 'pictures', dirname(path)), { recursive: true });
    await writeFile(join(folder, 'pictures', path), content);
  }
  [table, picture] = [await saveModel(tableModel()), await saveModel(pictureModel())];
  web = createServer((request, response) => {
    const content = served.get(request.url ?? '');
    response.writeHead(content ? 200 : 404, { 'access-control-allow-origin': '*' }).end(content ?? 'nothing here');
  });
  await new Promise<void>((listening) => web.listen(0, '127.0.0.1', listening));
  host = `http://localhost:${(web.address() as AddressInfo).port}`;
  tutti = await startTutti({ dataDir: join(folder, 'data'), port: 0 });
  [requestor, solver] = [await openPage(), await openPage()];
  await solver.goto(`${tutti.url}/#/contribute`);
  await solver.getByLabel("Check others' work").setChecked(false);
  await solver.getByRole('button', { name: 'Start lending' }).click();
  await solver.getByRole('button', { name: 'Stop lending' }).waitFor({ timeout: 60_000 });
}, 240_000);

afterAll(async () => {
  for (const browser of browsers) await browser.close().catch(() => undefined);
  await tutti?.stop();
  web?.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const number = (name: RegExp, value: string) => requestor.getByRole('spinbutton', { name }).fill(value);
const press = (name: string) => requestor.getByRole('button', { name, exact: true }).click();
const choose = (label: string, files: OwnFile | OwnFile[] | string) => requestor.getByRole('button', { name: label }).setInputFiles(files);
const pick = (label: string, value: string) => requestor.getByRole('combobox', { name: label, exact: true }).selectOption(value);

/** The form as a requestor fills it for a first, small try. */
async function openForm(preset: string): Promise<void> {
  await requestor.goto(`${tutti.url}/#/post`);
  await requestor.getByRole('radio', { name: preset }).check();
  await number(/^Slots/, '1');
  await number(/^Rounds/, '1');
  await number(/^Steps a round/, '4');
  await number(/^Checkpoint every/, '2');
  await number(/^Batch/, '8');
  await number(/^Checked share/, '0');
}

async function estimate(): Promise<Record<string, string>> {
  await press('Check and estimate');
  const shown = requestor.getByRole('button', { name: 'Post this job' });
  await shown.or(requestor.getByRole('alert')).first().waitFor({ timeout: 60_000 });
  if (await requestor.getByRole('alert').count()) throw new Error(`refused: ${await requestor.getByRole('alert').textContent()}`);
  const figures = await requestor
    .locator('.estimate dl > div')
    .evaluateAll((rows) => rows.map((row) => [row.querySelector('dt')?.textContent, row.querySelector('dd')?.textContent]));
  return Object.fromEntries(figures);
}

async function postJob(): Promise<number> {
  await press('Post this job');
  await requestor.waitForURL(/#\/job\/\d+$/, { timeout: 60_000 });
  return Number(requestor.url().split('/').at(-1));
}

/** Returns once somebody trained a round of it and the next state stands. */
async function trained(job: number): Promise<void> {
  await requestor.goto(`${tutti.url}/#/job/${job}`);
  await requestor.getByRole('heading', { name: 'The trained model' }).waitFor({ timeout: 90_000 });
}

describe('what requestors bring', () => {
  const jobs: Record<string, number> = {};

  test('a table and a model with weights: estimated, posted', async () => {
    await openForm('Your own model');
    await choose('model.json', table.json);
    await choose('Weight files', table.weights);
    await choose('CSV file', fileOf('pets.csv', tableCsv(), 'text/csv'));
    await requestor.getByLabel('Column to predict').fill('kind');
    await pick('Optimizer', 'momentum');
    await number(/^Learning rate/, '0.05');
    const figures = await estimate();
    expect(figures['weights']).toBe('50');
    expect(Object.keys(figures)).toEqual(['weights', 'operations a step', 'FLOPs a round', 'sent by a tab a round', 'data', 'peak GPU memory', 'it costs at most']);
    jobs['table'] = await postJob();
  });

  test('a folder, and a zip, of pictures by class', async () => {
    await openForm('Your own model');
    await choose('model.json', picture.json);
    await choose('Weight files', []);
    await pick('Data', 'images');
    await choose('Or a folder', join(folder, 'pictures'));
    await estimate();
    jobs['folder'] = await postJob();
    await openForm('Your own model');
    await choose('Zip of pictures', fileOf('pictures.zip', zipOf(pictures()), 'application/zip'));
    await estimate();
    jobs['zip'] = await postJob();
  });

  test('a text for the preset', async () => {
    await openForm('Text, character transformer');
    await choose('Text file', fileOf('fox.txt', TEXT));
    await estimate();
    jobs['text'] = await postJob();
  });

  test('a link with its hash, and a CID', async () => {
    const csv = Buffer.from(tableCsv(200));
    const hash = createHash('sha256').update(csv).digest('hex');
    served.set('/pets.csv', csv);
    await openForm('Your own model');
    await choose('model.json', table.json);
    await pick('Data', 'link');
    await requestor.getByLabel('Address').fill(`${host}/pets.csv`);
    await requestor.getByLabel('SHA-256 of the bytes').fill(hash);
    await requestor.getByLabel('Column to predict').fill('kind');
    await estimate();
    jobs['link'] = await postJob();

    expect((await fetch(`${tutti.url}/api/blob/${hash}`, { method: 'PUT', body: csv })).status).toBe(201);
    await openForm('Your own model');
    await requestor.getByLabel('Address').fill(hashToCid(`0x${hash}`));
    await requestor.getByLabel('SHA-256 of the bytes').fill('');
    await estimate();
    jobs['cid'] = await postJob();
  });

  test('each is taken by the lent tab and trained', { timeout: 240_000 }, async () => {
    for (const [kind, job] of Object.entries(jobs)) {
      await trained(job).catch(async (error: unknown) => {
        const journals = await Promise.all(
          [requestor, solver].map((page) => page.evaluate("tutti.journal.value.map(({ text, bad }) => `${bad ? '!' : ' '} ${text}`).join('\\n')")),
        );
        throw new Error(`${kind}, job ${job}: ${error instanceof Error ? error.message : String(error)}\nrequestor:\n${journals.join('\nsolver:\n')}`);
      });
    }
    expect(broken).toEqual([]);
  });
});
