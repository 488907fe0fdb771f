import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { decodeProgram } from '#engine/program/decodeProgram.ts';
import { hashProgram } from '#engine/program/hashProgram.ts';

const folder = mkdtempSync(join(tmpdir(), 'tutti-capture-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const capture = (...args: string[]) => spawnSync(process.execPath, ['scripts/run.mjs', 'scripts/capture.ts', ...args], { encoding: 'utf8' });

test('P2 npm run capture prints what the Program is, and writes its bytes', () => {
  const file = fileOf(
    'dense.mjs',
    `export default (tf) => ({
      model: tf.sequential({ layers: [tf.layers.dense({ inputShape: [8], units: 16, activation: 'relu' }), tf.layers.dense({ units: 1 })] }),
      optimizer: tf.train.adam(0.01), loss: 'meanSquaredError', batch: { xs: tf.ones([4, 8]), ys: tf.zeros([4, 1]) },
    });`,
  );
  const out = join(folder, 'p.tutti');
  const printed = execFileSync(process.execPath, ['scripts/run.mjs', 'scripts/capture.ts', file, '--out', out], { encoding: 'utf8' });
  const program = decodeProgram(new Uint8Array(readFileSync(out)));
  expect(printed).toContain(`operations ${program.operations.length}\nparameters 161\n`);
  expect(printed).toMatch(/flops \d+\npeak memory \d+ bytes\n/);
  expect(printed).toContain(`hash 0x${Buffer.from(hashProgram(program)).toString('hex')}\n`);
});

test('what cannot be lowered is refused by kernel and layer, with exit code 1', () => {
  const file = fileOf(
    'topk.mjs',
    `export default (tf) => {
      class Best extends tf.layers.Layer { static className = 'Best'; call(x) { return tf.topk(Array.isArray(x) ? x[0] : x, 2).values; } computeOutputShape() { return [4, 2]; } }
      return { model: tf.sequential({ layers: [tf.layers.dense({ inputShape: [8], units: 4 }), new Best({ name: 'best_two' })] }),
        optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError', batch: { xs: tf.ones([4, 8]), ys: tf.zeros([4, 2]) } };
    };`,
  );
  const { status, stderr } = capture(file);
  expect(stderr).toContain('no exact lowering for kernel TopK, used by layer best_two');
  expect(status).toBe(1);
});

const stepFile = (name: string, read: string) =>
  fileOf(
    name,
    `export default (tf) => {
      const kernel = tf.variable(tf.ones([2, 2]));
      return { variables: { kernel }, optimizer: tf.train.sgd(0.1), batch: { x: tf.ones([4, 2]) },
        step: ({ x }) => { const loss = tf.mean(tf.square(tf.matMul(x, kernel))); ${read}; return loss; } };
    };`,
  );

test.each([
  ['the loss', 'loss.data().then(console.log)'],
  ['a condition, in an operation of tfjs', 'tf.whereAsync(tf.greater(x, 0)).then(console.log)'],
])('numbers read without waiting for them are refused, with exit code 1: %s', (_, read) => {
  const { status, stderr, stdout } = capture(stepFile('reads.mjs', read));
  expect(stderr).toContain("step reads a tensor's numbers in mid-step");
  expect(stdout).toBe('');
  expect(status).toBe(1);
});

test.each(['abc', '1.5', '-1', '4294967296'])('--seed %s is refused', (seed) => {
  const { status, stderr } = capture(stepFile('plain.mjs', ''), `--seed=${seed}`);
  expect(stderr).toContain(`--seed ${seed} is no whole number from 0 to 4294967295`);
  expect(status).toBe(1);
});
