/** What requestors bring themselves, posted by hand on the form: each kind is estimated, taken by a lent tab, trained, and can be tried. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashToCid } from '#swarm/network/blobs/hashToCid.ts';
import { startTutti, type Tutti } from '../../scripts/startTutti.ts';
import { type Chromium, launchChromium } from '../browsers.ts';
import { fileOf, type OwnFile, pictureModel, pictures, png, saveModel, type SavedModel, tableCsv, tableModel, zipOf } from './ownFiles.ts';

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
  await page.waitForFunction(() => 'tutti' in globalThis, null, { timeout: 90_000 });
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
  // Six jobs at once are more than the faucet's gift could stake at the usual rate.
  await number(/^Stake of a slot/, '5');
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

/** As the format's own page describes it: a length, a JSON header, the numbers. */
function readSafetensors(file: Buffer): Record<string, number[]> {
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + length).toString()) as Record<string, { dtype: string; data_offsets: [number, number] }>;
  const data = file.subarray(8 + length);
  return Object.fromEntries(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(
        ([
          name,
          {
            dtype,
            data_offsets: [from, to],
          },
        ]) => {
          if (dtype !== 'F32') throw new Error(`${name} is ${dtype}`);
          return [name, Array.from({ length: (to - from) / 4 }, (_, k) => data.readFloatLE(from + 4 * k))];
        },
      ),
  );
}

/** Returns once somebody trained a round of it and the next state stands. */
async function trained(job: number): Promise<void> {
  await requestor.goto(`${tutti.url}/#/job/${job}`);
  await requestor.getByRole('heading', { name: 'The trained model' }).waitFor({ timeout: 90_000 });
}

const jobs: Record<string, number> = {};

describe('what requestors bring', () => {
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

describe('what is wrong is said, and nothing that was typed is lost', () => {
  const own = async (csv: OwnFile, target = 'kind', model: OwnFile = table.json) => {
    await choose('model.json', model);
    await choose('Weight files', []);
    await pick('Data', 'csv');
    await choose('CSV file', csv);
    await requestor.getByLabel('Column to predict').fill(target);
  };
  const csvOf = (text: string) => fileOf('pets.csv', text, 'text/csv');
  const images = async (name: string, content: Buffer) => {
    await choose('model.json', picture.json);
    await pick('Data', 'images');
    await choose('Zip of pictures', fileOf(name, content, 'application/zip'));
  };
  const link = async (address: string, hash: string) => {
    await choose('model.json', table.json);
    await pick('Data', 'link');
    await requestor.getByLabel('Address').fill(address);
    await requestor.getByLabel('SHA-256 of the bytes').fill(hash);
    await requestor.getByLabel('Column to predict').fill('kind');
  };
  const refusals: readonly (readonly [name: string, fill: () => Promise<void>, words: RegExp])[] = [
    [
      'a model that is a picture',
      () =>
        own(
          csvOf(tableCsv()),
          'kind',
          fileOf(
            'model.json',
            png(4, () => [1, 2, 3]),
          ),
        ),
      /not JSON. Choose the model.json/,
    ],
    ['JSON that is no model', () => own(csvOf(tableCsv()), 'kind', fileOf('model.json', '{"a":1}')), /no tfjs layers model.*model\.save/],
    [
      'an unknown layer',
      () => own(csvOf(tableCsv()), 'kind', fileOf('model.json', table.json.buffer.toString().replace('"Dense"', '"Lambda"'))),
      /cannot build this model.*Lambda/s,
    ],
    [
      'half of the weights',
      async () => (await own(csvOf(tableCsv())), choose('Weight files', fileOf('model.weights.bin', table.weights.buffer.subarray(0, 8)))),
      /lists 200 bytes of weights, the file has 8/,
    ],
    ['a ragged table', () => own(csvOf(`${tableCsv()}\n1,2`)), /pets\.csv, row 402: 2 fields, the header names 4 columns/],
    ['a word among numbers', () => own(csvOf(`${tableCsv()}\n1,much,3,cat`)), /row 402, column weight: "much" is not a number/],
    ['a label that is missing', () => own(csvOf(`${tableCsv()}\n1,2,3,`)), /row 402, column kind: the field is empty/],
    ['a column that is not there', () => own(csvOf(tableCsv()), 'species'), /no column species; its columns are size, weight, age, kind/],
    ['more columns than the model takes', () => own(csvOf(tableCsv().replaceAll(/$/gm, ',1').replace('kind,1', 'kind,more'))), /takes rows of 3, the table has 4 columns/],
    ['more classes than the model gives', () => own(csvOf(`${tableCsv()}\n1,2,3,cow`)), /3 classes \(cat, cow, dog\), but the model's last layer gives 2. Give it 3 units/],
    ['a zip that breaks off', () => images('broken.zip', zipOf(pictures()).subarray(0, 2000)), /broken\.zip is not a zip that can be read/],
    ['pictures without folders', () => images('flat.zip', zipOf({ 'a.png': png(4, () => [1, 2, 3]) })), /a\.png lies in no folder/],
    ['a file that is no picture', () => images('odd.zip', zipOf({ ...pictures(2), 'warm/odd.png': Buffer.from('no picture') })), /warm\/odd\.png cannot be read as a picture/],
    ['another file at the address', () => link(`${host}/pets.csv`, '12'.repeat(32)), /not the file that was meant: its SHA-256 is [0-9a-f]{64}, not (12){32}/],
    ['an address that answers 404', () => link(`${host}/none.csv`, '12'.repeat(32)), /answered 404.*Check the address/],
    ['a CID that nobody has', () => link(hashToCid(`0x${'34'.repeat(32)}`), ''), /No tab or relay that this one knows holds bafkrei/],
    ['a link without its hash', () => link(`${host}/pets.csv`, ''), /needs the SHA-256/],
  ];

  test('every kind of bad input', { timeout: 240_000 }, async () => {
    await openForm('Your own model');
    await requestor.getByLabel('Title').fill('What I typed');
    for (const [name, fill, words] of refusals) {
      await fill();
      await press('Check and estimate');
      await expect.poll(() => requestor.getByRole('alert').textContent({ timeout: 40_000 }), { message: name, timeout: 40_000 }).toMatch(words);
    }
    await requestor.getByRole('link', { name: 'Account' }).click();
    await requestor.getByRole('heading', { name: 'Account' }).waitFor();
    await requestor.getByRole('link', { name: 'Post a job' }).first().click();
    expect(await requestor.getByLabel('Title').inputValue()).toBe('What I typed');
    expect(await requestor.getByLabel('Address').inputValue()).toBe(`${host}/pets.csv`);
    expect(await requestor.getByRole('spinbutton', { name: /^Batch/ }).inputValue()).toBe('8');
    await requestor.getByText(`model.json, `).waitFor();
  });

  test('a file that is too large is refused before it is read', async () => {
    await openForm('Your own model');
    // A file of 300 MB of which nothing is ever read: the input gets it from the page itself.
    await own(csvOf(tableCsv()));
    await requestor.getByRole('button', { name: 'CSV file' }).evaluate((input) => {
      const files = new DataTransfer();
      files.items.add(new File([new Uint8Array(300 * 1024 ** 2)], 'large.csv'));
      (input as HTMLInputElement).files = files.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await press('Check and estimate');
    await expect.poll(() => requestor.getByRole('alert').textContent()).toMatch(/large\.csv has 300 MiB; at most 256 MiB can be read/);
  });
});

describe('the trained model', () => {
  test('leaves as a layers model that plain tfjs loads, and as safetensors with the same numbers; the page predicts what tfjs does', { timeout: 120_000 }, async () => {
    await trained(jobs['table'] as number);
    const saved: Record<string, Buffer> = {};
    requestor.on('download', (download) => {
      saved[download.suggestedFilename()] = Buffer.alloc(0);
      void download.path().then(async (path) => (saved[download.suggestedFilename()] = await readFile(path)));
    });
    await press('Download for TensorFlow.js');
    await press('Download as safetensors');
    const name = `tutti-job-${jobs['table']}.safetensors`;
    await expect.poll(() => ['model.json', 'weights.bin', name].map((file) => (saved[file]?.length ?? 0) > 0), { timeout: 30_000 }).toEqual([true, true, true]);

    const { modelTopology, weightsManifest } = JSON.parse(String(saved['model.json'])) as {
      modelTopology: object;
      weightsManifest: [{ paths: string[]; weights: tf.io.WeightsManifestEntry[] }];
    };
    expect(weightsManifest[0].paths.map((path) => path.replace('./', ''))).toEqual(['weights.bin']);
    const model = await tf.loadLayersModel(
      tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData: new Uint8Array(saved['weights.bin'] as Buffer).buffer }),
    );
    const tensors = readSafetensors(saved[name] as Buffer);
    expect(Object.values(tensors)).toEqual(model.getWeights().map((weight) => [...weight.dataSync()]));
    expect(Object.values(tensors)).not.toEqual(Object.values(table.values));

    const row = [0.9, -0.8, 0.1];
    for (const [k, label] of ['size', 'weight', 'age'].entries()) await requestor.getByLabel(label, { exact: true }).fill(String(row[k]));
    await press('Predict');
    await requestor.getByText('the model says').waitFor({ timeout: 60_000 });
    const shares = (await requestor.locator('.bars .value').allTextContents()).map(Number.parseFloat);
    const [cat, dog] = [...(model.predict(tf.tensor2d([row])) as tf.Tensor).dataSync()].map((share) => 100 * share);
    expect(shares[0]).toBeCloseTo(cat as number, 0);
    expect(shares[1]).toBeCloseTo(dog as number, 0);
  });

  test('a picture is judged, a text goes on', { timeout: 120_000 }, async () => {
    await trained(jobs['zip'] as number);
    await requestor.getByLabel('A picture').setInputFiles({ name: 'warm.png', mimeType: 'image/png', buffer: png(24, () => [220, 40, 30]) });
    await requestor.getByText('the model says').waitFor({ timeout: 60_000 });
    await trained(jobs['text'] as number);
    await requestor.getByLabel('Beginning of a text').fill('The quick');
    await press('Go on with it');
    await expect.poll(() => requestor.locator('.continued').textContent(), { timeout: 60_000 }).toMatch(/^The quick.{200}$/s);
  });
});
