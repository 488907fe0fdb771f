import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { conformanceOptions } from './conformanceOptions.ts';

const folder = mkdtempSync(join(tmpdir(), 'tutti-options-'));
afterAll(() => rmSync(folder, { recursive: true }));

const reading = join(folder, 'reading.mjs');
writeFileSync(
  reading,
  `export default (tf) => {
    const w = tf.variable(tf.ones([4]));
    const step = ({ x }) => { tf.whereAsync(tf.greater(x, 0)).then(console.log); return w.mul(x).sum(); };
    return { variables: { w }, optimizer: tf.train.sgd(0.1), batch: { x: tf.ones([4]) }, step };
  };`,
);
const empty = join(folder, 'empty.mjs');
writeFileSync(empty, 'export const model = null;');
const nowhere = join(folder, 'none', 'c.json');
const script = (path: string, args: readonly string[]) => spawnSync(process.execPath, [path, ...args], { encoding: 'utf8', input: '' });

test('what is right is taken, each stack once', () => {
  const json = join(folder, 'c.json');
  expect(conformanceOptions(['--json', json, '--steps', '2', '--random', '0', '--profile', 'e11', '--stacks', 'dawn,deno,dawn', import.meta.filename])).toEqual({
    json,
    steps: 2,
    random: 0,
    profile: 'e11',
    stacks: ['dawn', 'deno'],
    files: [import.meta.filename],
  });
});

test.each([
  [[join(folder, 'missing.mjs')], 'there is no file'],
  [[folder], 'there is no file'],
  [['--json', nowhere], `there is no folder ${join(folder, 'none')}`],
  [['--json', folder], 'this is a folder'],
  [['--steps', '0'], '--steps must be a whole number, 1 or more, not 0'],
  [['--steps', ''], '--steps must be a whole number'],
  [['--random', '1.5'], '--random must be a whole number, 0 or more, not 1.5'],
  [['--stacks', 'dawn,servo'], 'there is no stack servo: choose chromium, firefox, deno, dawn'],
  [['--profile', 'f13'], 'there is no profile f13'],
])('%j is refused at the start', (args, why) => {
  expect(() => conformanceOptions(args)).toThrow(why);
});

test.each([
  ['scripts/conformance.ts', [join(folder, 'missing.mjs')], 'there is no file'],
  ['scripts/conformance.ts', [reading], `${reading}: step reads a tensor's numbers in mid-step`],
  ['scripts/conformance.ts', [empty], `${empty} has no default export that is a function`],
  ['scripts/conformance.ts', ['--bogus'], "Unknown option '--bogus'"],
  ['scripts/f32.ts', ['--bogus'], "Unknown option '--bogus'"],
  ['scripts/f32.ts', ['--executor', 'constructor'], 'there is no executor "constructor" here: use reference, webgpu, court'],
  ['bench/runBench.ts', ['--bogus'], "Unknown option '--bogus'"],
  ['bench/runBench.ts', ['--json', nowhere], 'there is no folder'],
  ['bench/runBench.ts', ['--samples', 'few'], '--samples must be a whole number, 1 or more, not few'],
  ['bench/runBench.ts', ['--browsers', 'chromium,lynx'], 'there is no browser lynx: choose chromium, firefox'],
  ['bench/courtFigures.ts', ['--every', '0'], '--every must be a whole number, 1 or more, not 0'],
  ['scripts/captureTable.ts', ['--only', 'perceiver'], '--only perceiver: no model of these families is named so'],
  ['scripts/compareCourt.ts', ['--cases', '1e3'], '--cases must be a whole number, 1 or more, not 1e3'],
  ['scripts/courtFuzz.ts', ['--seed', '4294967296'], '--seed must be a whole number, from 0 to 4294967295, not 4294967296'],
  ['scripts/courtMutants.ts', ['--only', 'Registry'], '--only Registry: no mutant says so'],
  ['scripts/hostile.ts', ['--only', 'unrolled'], '--only unrolled: no attack is named so'],
])('%s %j ends at once with a plain sentence and exit code 2', (path, args, why) => {
  const { status, stdout, stderr } = script(path, args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(why);
  expect(stderr).not.toMatch(/^\s+at /m);
});
