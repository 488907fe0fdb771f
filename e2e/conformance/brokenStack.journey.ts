import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { type AnyPage, launchChromium, launchFirefox } from '../browsers.ts';
import { openStack } from './openStack.ts';
import { pageLine } from './pageLine.ts';
import { startProcess } from './startProcess.ts';

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'tutti-broken-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TUNE = { method: 'tune' } as const;
/** So that a question is under way before its end comes. */
const UNDER_WAY_MS = 500;

/** Kills what runs under process `root` by its command line. */
function killBelow(root: number, commandLine: RegExp): void {
  const rows = execFileSync('ps', ['-eo', 'pid,ppid,args', '--no-headers'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)?.slice(1) ?? []);
  const below = new Set([root]);
  for (let size = 0; size < below.size; ) {
    size = below.size;
    for (const [pid, parent] of rows) if (below.has(Number(parent))) below.add(Number(pid));
  }
  const found = rows.filter(([pid, , args = '']) => Number(pid) !== root && below.has(Number(pid)) && commandLine.test(args));
  if (found.length === 0) throw new Error(`nothing below process ${root} is ${commandLine}`);
  for (const [pid] of found) process.kill(Number(pid), 'SIGKILL');
}

const messageOf = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => 'it answered',
    (error: unknown) => (error as Error).message,
  );

/** A program that ends, as `ending` has it, on the first question. */
function startEnding(ending: string) {
  const file = join(folder, 'ending.mjs');
  writeFileSync(file, `let asked = 0;\nprocess.on('message', () => { if (asked++ === 0) { ${ending} } });\nprocess.send({ number: 0 });\n`);
  return startProcess('Toy', file, { env: {} });
}

test.each([
  ["process.stderr.write('one\\ntwo\\n', () => process.exit(3));", "Toy's process ended (exit code 3); the last that it wrote to stderr: one | two"],
  ["process.kill(process.pid, 'SIGKILL');", "Toy's process ended (signal SIGKILL); it wrote nothing to stderr"],
  ['process.disconnect(); setInterval(() => {}, 1000);', "Toy's process takes no more questions, though it has not ended; it wrote nothing to stderr"],
])('a process that does %s', async (ending, why) => {
  const line = await startEnding(ending);
  const inFlight = [line.ask(TUNE), line.ask(TUNE)].map(messageOf);
  expect(await Promise.all(inFlight)).toEqual([why, why]);
  expect(await messageOf(line.ask(TUNE))).toBe(why);
  await line.close();
});

test('a process that cannot be started, or does not begin', async () => {
  expect(await messageOf(startProcess('Toy', 'toy.mjs', { env: {}, execPath: join(folder, 'none') }))).toMatch(/^Toy's process could not be started or stopped: .*ENOENT/);
  writeFileSync(join(folder, 'broken.mjs'), 'process.exit(4);');
  expect(await messageOf(startProcess('Toy', join(folder, 'broken.mjs'), { env: {} }))).toBe("Toy's process ended (exit code 4); it wrote nothing to stderr");
});

test('a line that was closed answers no more', async () => {
  const line = await startEnding('');
  const inFlight = messageOf(line.ask(TUNE));
  await line.close();
  expect([await inFlight, await messageOf(line.ask(TUNE))]).toEqual(["Toy's process was closed", "Toy's process was closed"]);
});

test('Dawn killed while it measures', async () => {
  const stack = await openStack('dawn');
  const inFlight = messageOf(stack.tune());
  killBelow(process.pid, /dawnProcess\.ts/);
  const why = "Dawn's process ended (signal SIGKILL)";
  expect(await inFlight).toContain(why);
  expect(await messageOf(stack.tune())).toContain(why);
  await stack.close();
});

/** A page that never answers. */
async function silentPage(page: AnyPage): Promise<AnyPage> {
  await page.goto('data:text/html,<script>window.answer = () => new Promise(() => {})</script>');
  await page.waitForFunction(() => 'answer' in window);
  return page;
}

const GONE = (name: string) => new RegExp(`^${name}'s page (did not answer|answers no more): it crashed or was closed \\(.+\\)$`);

test('a page of Chromium that crashes', async () => {
  const browser = await launchChromium({ webgpu: false });
  const page = await browser.newPage();
  const ask = pageLine('chromium', await silentPage(page as unknown as AnyPage));
  const inFlight = messageOf(ask(TUNE));
  const session = await page.context().newCDPSession(page);
  session.send('Page.crash').catch(() => {});
  expect(await inFlight).toMatch(GONE('chromium'));
  expect(await messageOf(ask(TUNE))).toMatch(GONE('chromium'));
  await browser.close();
});

test("a page of Firefox whose process is killed, and then Firefox's own", async () => {
  const launched = await launchFirefox({ webgpu: false });
  const parent = launched.browser.process()?.pid as number;
  const ask = pageLine('firefox', await silentPage((await launched.newPage()) as unknown as AnyPage));
  const other = pageLine('firefox', await silentPage((await launched.newPage()) as unknown as AnyPage));
  const inFlight = messageOf(ask(TUNE));
  await sleep(UNDER_WAY_MS);
  killBelow(parent, / tab$/);
  expect(await inFlight).toMatch(GONE('firefox'));
  expect(await messageOf(ask(TUNE))).toMatch(GONE('firefox'));
  process.kill(parent, 'SIGKILL');
  expect(await messageOf(other(TUNE))).toMatch(GONE('firefox'));
  await launched.close();
});

test('npm run conformance goes on without a stack whose process was killed, prints the matrix, writes the JSON and ends with 1', async () => {
  const json = join(folder, 'c.json');
  const args = ['scripts/conformance.ts', '--stacks', 'dawn,deno', '--steps', '1', '--random', '1', '--json', json];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  let killed = false;
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    if (killed || !printed.includes('mnist-dense')) return;
    killed = true;
    killBelow(child.pid as number, /dawnProcess\.ts/);
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code).toBe(1);
  expect(printed.replaceAll(/ +/g, ' ')).toMatch(/\nmnist-dense, f12, 1 steps equal equal \nmnist-cnn, f12, 1 steps broke down equal \n/);
  const { cases, missing } = JSON.parse(readFileSync(json, 'utf8')) as { cases: { stacks: Record<string, unknown> }[]; missing: string[] };
  const why: unknown = expect.stringContaining("Dawn's process ended (signal SIGKILL)");
  expect(cases.map(({ stacks }) => stacks['dawn'])).toEqual([
    expect.objectContaining({ mismatches: 0, firstDifference: null }),
    { root: '', mismatches: 1, firstDifference: why },
    { root: '', mismatches: 1, firstDifference: why },
  ]);
  expect(missing).toEqual([]);
});
