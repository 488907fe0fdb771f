/**
 * npm run bench -- [--json out.json] [--browsers chromium,firefox] [--rows REGEXP] [--samples 5]
 * Prints a table for each browser's adapter, and writes the same as JSON: ratio is stock / ours, so above 1 we are faster.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launchChromium, launchFirefox } from '../e2e/browsers.ts';
import { servePage } from '../e2e/servePage.ts';
import type { BenchPage, RowResult } from './page/main.ts';

interface Row {
  readonly name: string;
  readonly profile: string;
  readonly oursMs: number;
  readonly stockMs: number;
  readonly ratio: number;
  /** Least and largest ratio of a pair of samples. */
  readonly spread: readonly [number, number];
  readonly prepareMs: number;
}

interface AdapterResult {
  readonly name: string;
  readonly rows: Row[];
  /** Rows that broke, in words. */
  readonly failed: string[];
}

/** What Playwright's and Puppeteer's pages have in common. */
interface AnyPage {
  goto(url: string): Promise<unknown>;
  waitForFunction(condition: () => boolean): Promise<unknown>;
  evaluate<A, R>(run: (given: A) => Promise<R>, given: A): Promise<R>;
}

declare global {
  interface Window {
    bench: BenchPage;
  }
}

const say = (text: string) => void process.stdout.write(`${text}\n`);
const BROWSERS = { chromium: launchChromium, firefox: launchFirefox };
const isBrowser = (name: string): name is keyof typeof BROWSERS => name in BROWSERS;

const round = (value: number) => Number(value.toPrecision(4));

function rowOf(name: string, profile: string, { ours, stock, ratios, prepareMs }: RowResult): Row {
  return {
    name,
    profile,
    oursMs: round(ours.medianMs),
    stockMs: round(stock.medianMs),
    ratio: round(stock.medianMs / ours.medianMs),
    spread: [round(Math.min(...ratios)), round(Math.max(...ratios))],
    prepareMs: Math.round(prepareMs),
  };
}

const columns = (cells: readonly string[]) => cells.map((cell, k) => (k === 0 ? cell.padEnd(44) : cell.padStart(k === 5 ? 16 : 10))).join('');

function show({ name, profile, oursMs, stockMs, ratio, spread, prepareMs }: Row): string {
  return columns([name, profile, `${oursMs}`, `${stockMs}`, `${ratio}`, `${spread[0]} to ${spread[1]}`, `${prepareMs}`]);
}

async function benchIn(browserName: keyof typeof BROWSERS, url: string, wanted: RegExp, samples: number): Promise<AdapterResult> {
  const browser = await BROWSERS[browserName]();
  try {
    const page = (await browser.newPage()) as unknown as AnyPage;
    await page.goto(url);
    await page.waitForFunction(() => 'bench' in window);
    const { adapter, rows } = await page.evaluate(() => window.bench.open(), null);
    say(`\n${browserName}: ${adapter}`);
    say(columns(['', 'profile', 'ours ms', 'stock ms', 'ratio', 'spread', 'ready ms']));
    const result: AdapterResult = { name: `${browserName}: ${adapter}`, rows: [], failed: [] };
    for (const [row, { name, profile }] of rows.entries()) {
      if (!wanted.test(name)) continue;
      try {
        const found = rowOf(name, profile, await page.evaluate((request) => window.bench.measureRow(request), { row, samples }));
        result.rows.push(found);
        say(show(found));
      } catch (error) {
        const why = `${name}, ${profile}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
        result.failed.push(why);
        say(`FAILED ${why}`);
      }
    }
    return result;
  } finally {
    await browser.close();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      browsers: { type: 'string', default: 'chromium' },
      rows: { type: 'string', default: '' },
      samples: { type: 'string', default: '5' },
    },
  });
  const machine = { processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length, date: new Date().toISOString().slice(0, 10) };
  say(`${machine.processor}, ${machine.cores} cores, ${machine.date}. Medians of ${values.samples} samples; ratio above 1: faster than stock.`);
  const site = await servePage(join(import.meta.dirname, 'page'));
  try {
    const adapters: AdapterResult[] = [];
    for (const name of values.browsers.split(',')) {
      if (!isBrowser(name)) throw new Error(`there is no browser ${name}: choose ${Object.keys(BROWSERS).join(', ')}`);
      adapters.push(await benchIn(name, site.url, new RegExp(values.rows), Number(values.samples)));
    }
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine, adapters }, null, 2)}\n`);
    process.exitCode = adapters.some(({ failed }) => failed.length > 0) ? 1 : 0;
  } finally {
    await site.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
