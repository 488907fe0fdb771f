/**
 * npm run bench -- [--json out.json] [--browsers chromium,firefox] [--rows REGEXP] [--samples 5]
 * Prints a table for each browser's adapter, and writes the same as JSON: ratio is stock / ours, jaxRatio is jax-js / ours, so
 * above 1 we are faster.
 * Of whole steps also: e11 and e10 over f12, memory over its lower bound, hashing at every 8th step, the reference.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type AnyPage, launchChromium, launchFirefox } from '../e2e/browsers.ts';
import { servePage } from '../e2e/servePage.ts';
import { readOptions } from '../scripts/readOptions.ts';
import { requireWritable } from '../scripts/requireWritable.ts';
import { wholeOption } from '../scripts/wholeOption.ts';
import type { BenchPage, RowResult } from './page/main.ts';
import type { Costs } from './page/measureCosts.ts';

interface Row {
  readonly name: string;
  readonly oursMs: number;
  readonly stockMs: number;
  readonly ratio: number;
  /** Least and largest ratio of a pair of samples. */
  readonly spread: readonly [number, number];
  readonly jaxMs: number;
  readonly jaxRatio: number;
  readonly jaxSpread: readonly [number, number];
  /** Program to first step: planning, WGSL, pipelines. */
  readonly prepareMs: number;
  readonly operations: number;
  /** Of whole steps. */
  readonly step?: StepCosts;
}

interface StepCosts extends Omit<Costs, 'steps' | 'hashedSteps'> {
  readonly memoryRatio: number;
  /** Share of the time that hashing at every 8th step takes, of medians, and its least and largest in a pair of samples. */
  readonly hashShare: number;
  readonly hashShareSpread: readonly [number, number];
  /** Times over f12's, and their least and largest. */
  readonly e11: Over;
  readonly e10: Over;
}

/** Medians of samples that took turns, and the least and largest quotient of a pair. */
interface Over {
  readonly ratio: number;
  readonly spread: readonly [number, number];
}

interface AdapterResult {
  readonly name: string;
  readonly browser: string;
  readonly date: string;
  readonly rows: Row[];
  /** Rows that broke, in words. */
  readonly failed: string[];
}

declare global {
  interface Window {
    bench: BenchPage;
  }
}

const USAGE = 'npm run bench -- [--json out.json] [--browsers chromium,firefox] [--rows REGEXP] [--samples 5]';
const say = (text: string) => void process.stdout.write(`${text}\n`);
const BROWSERS = {
  async chromium() {
    const launched = await launchChromium();
    return { ...launched, version: `Chromium ${launched.context.browser()?.version() ?? 'of unknown version'}` };
  },
  async firefox() {
    const launched = await launchFirefox();
    return { ...launched, version: await launched.browser.version() };
  },
};
const isBrowser = (name: string): name is keyof typeof BROWSERS => Object.hasOwn(BROWSERS, name);

const round = (value: number) => Number(value.toPrecision(4));

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

function overOf(base: readonly number[], other: readonly number[]): Over {
  const quotients = base.map((ms, k) => (other[k] as number) / ms);
  return { ratio: round(median(other) / median(base)), spread: [round(Math.min(...quotients)), round(Math.max(...quotients))] };
}

function rowOf(name: string, { ours, stock, jax, prepareMs, operations }: RowResult): Row {
  const overJax = overOf(ours, jax);
  return {
    name,
    oursMs: round(median(ours)),
    stockMs: round(median(stock)),
    ...overOf(ours, stock),
    jaxMs: round(median(jax)),
    jaxRatio: overJax.ratio,
    jaxSpread: overJax.spread,
    prepareMs: Math.round(prepareMs),
    operations,
  };
}

/** Of the time: 0 where nothing is lost. */
const shareOf = (quotient: number) => round(1 - 1 / quotient);

function stepOf(costs: Costs, e11: Over, e10: Over): StepCosts {
  const hashed = overOf(costs.steps, costs.hashedSteps);
  return {
    macs: costs.macs,
    peakBytes: costs.peakBytes,
    lowerBoundBytes: costs.lowerBoundBytes,
    memoryRatio: round(costs.peakBytes / costs.lowerBoundBytes),
    hasher: costs.hasher,
    hashMs: round(costs.hashMs),
    hashGpuMs: round(costs.hashGpuMs),
    hashCpuMs: round(costs.hashCpuMs),
    hashShare: shareOf(hashed.ratio),
    hashShareSpread: [shareOf(hashed.spread[0]), shareOf(hashed.spread[1])],
    referenceMs: costs.referenceMs === null ? null : round(costs.referenceMs),
    e11,
    e10,
  };
}

const WIDTHS = [10, 10, 10, 20, 10, 10, 20, 10];
const columns = (name: string, cells: readonly string[]) => name.padEnd(52) + cells.map((cell, k) => cell.padStart(WIDTHS[k] ?? 0)).join('');

function show({ name, oursMs, stockMs, ratio, spread, jaxMs, jaxRatio, jaxSpread, prepareMs }: Row): string {
  const range = ([least, most]: readonly [number, number]) => `${least} to ${most}`;
  return columns(name, [`${oursMs}`, `${stockMs}`, `${ratio}`, range(spread), `${jaxMs}`, `${jaxRatio}`, range(jaxSpread), `${prepareMs}`]);
}

function showStep({ e11, e10, peakBytes, memoryRatio, hasher, hashMs, hashGpuMs, hashCpuMs, hashShare, hashShareSpread, referenceMs }: StepCosts): string {
  const over = (name: string, { ratio, spread }: Over) => `${name} ${ratio} x f12 (${spread[0]} to ${spread[1]})`;
  const memory = `${(peakBytes / 2 ** 20).toFixed(1)} MiB, ${memoryRatio} x its lower bound`;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const hashing = `hashing ${hashMs} ms (GPU ${hashGpuMs}, CPU ${hashCpuMs}: by the ${hasher.toUpperCase()}), ${percent(hashShare)} at every 8th step (${hashShareSpread.map(percent).join(' to ')})`;
  return `  ${over('e11', e11)}, ${over('e10', e10)}; ${memory}; ${hashing}; reference ${referenceMs === null ? 'not run' : `${referenceMs} ms`}`;
}

async function measureStep(page: AnyPage, row: number, samples: number): Promise<StepCosts> {
  const costs = await page.evaluate((request) => window.bench.measureCosts(request), { row, samples });
  const over = async (profile: 'e11' | 'e10') => {
    const times = await page.evaluate((request) => window.bench.measureProfiles<'f12' | typeof profile>(request), { row, samples, profiles: ['f12', profile] as const });
    return overOf(times.f12, times[profile]);
  };
  return stepOf(costs, await over('e11'), await over('e10'));
}

interface Wanted {
  readonly url: string;
  readonly rows: RegExp;
  readonly samples: number;
  /** What there is so far, after each row: a run that is stopped has not been for nothing. */
  readonly onRow: (soFar: AdapterResult) => void;
}

async function benchIn(browserName: keyof typeof BROWSERS, { url, rows: wanted, samples, onRow }: Wanted): Promise<AdapterResult> {
  const browser = await BROWSERS[browserName]();
  try {
    const page = (await browser.newPage()) as unknown as AnyPage;
    await page.goto(url);
    await page.waitForFunction(() => 'bench' in window);
    const { adapter, rows } = await page.evaluate(() => window.bench.open(), null);
    say(`\n${browser.version}: ${adapter}`);
    say(columns('', ['ours ms', 'stock ms', 'ratio', 'spread', 'jax-js ms', 'ratio', 'spread', 'ready ms']));
    const result: AdapterResult = { name: `${browserName}: ${adapter}`, browser: browser.version, date: new Date().toISOString().slice(0, 10), rows: [], failed: [] };
    for (const [row, { name, isStep }] of rows.entries()) {
      if (!wanted.test(name)) continue;
      try {
        const found = rowOf(name, await page.evaluate((request) => window.bench.measureRow(request), { row, samples }));
        say(show(found));
        const step = isStep ? await measureStep(page, row, samples) : null;
        if (step) say(showStep(step));
        result.rows.push(step ? { ...found, step } : found);
      } catch (error) {
        const why = `${name}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
        result.failed.push(why);
        say(`FAILED ${why}`);
      }
      onRow(result);
    }
    return result;
  } finally {
    await browser.close();
  }
}

interface Options {
  readonly json: string | undefined;
  readonly browsers: readonly (keyof typeof BROWSERS)[];
  readonly rows: RegExp;
  readonly samples: number;
}

/** A run takes long: what is wrong with the options is told before it. */
function options(): Options {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      browsers: { type: 'string', default: 'chromium' },
      rows: { type: 'string', default: '' },
      samples: { type: 'string', default: '5' },
    },
  });
  const browsers = values.browsers.split(',').map((name) => {
    if (!isBrowser(name)) throw new Error(`there is no browser ${name}: choose ${Object.keys(BROWSERS).join(', ')}`);
    return name;
  });
  const samples = wholeOption('samples', values.samples, 1);
  if (values.json !== undefined) requireWritable('--json', values.json);
  return { json: values.json, browsers, rows: new RegExp(values.rows), samples };
}

async function main({ json, browsers, rows, samples }: Options): Promise<void> {
  const machine = { processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
  say(`${machine.processor}, ${machine.cores} cores. Medians of ${samples} samples; ratio above 1: faster than the other.`);
  const site = await servePage(join(import.meta.dirname, 'page'));
  try {
    const adapters: AdapterResult[] = [];
    for (const name of browsers) {
      const onRow = (soFar: AdapterResult) => {
        if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, adapters: [...adapters, soFar] }, null, 2)}\n`);
      };
      adapters.push(await benchIn(name, { url: site.url, rows, samples, onRow }));
    }
    process.exitCode = adapters.some(({ failed }) => failed.length > 0) ? 1 : 0;
  } finally {
    await site.close();
  }
}

main(readOptions(USAGE, options)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
