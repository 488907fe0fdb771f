import { beforeAll, describe, expect, test } from 'vitest';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import type { Bits } from '#engine/program/executor.ts';
import { hashProgram } from '#engine/program/hashProgram.ts';
import { validateProgram } from '#engine/program/validateProgram.ts';
import type { Tensor, Tf } from '../author/tfjs.ts';
import { loadTfjs } from '../loadTfjs.ts';
import { lossInFloat64 } from '../testing/evaluateFloat64.ts';
import { loadDigits } from '../testing/digits.ts';
import { fromBits, inputsFor, toBits } from '../testing/runCaptured.ts';
import { mnistCnn } from './mnistCnn.ts';
import { mnistDense } from './mnistDense.ts';
import type { OptimizerChoice, PresetResult } from './preset.ts';
import { makeOptimizer } from './preset.ts';
import { SMALL_TRANSFORMER, textTransformer } from './textTransformer.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await loadTfjs();
  await tf.setBackend('cpu');
});

const ADAM: OptimizerChoice = { kind: 'adam', learningRate: 0.002 };
const TEXT = 'the quick brown fox jumps over the lazy dog and the small cat sat on a warm mat while it rained. ';
const VOCABULARY = [...new Set(TEXT)].sort();

interface Batch {
  readonly columns: Readonly<Record<string, Bits>>;
  readonly xs: () => Tensor;
  readonly ys: () => Tensor;
}

interface Subject {
  readonly name: string;
  readonly hash: string;
  readonly batch: number;
  readonly steps: number;
  make(batch: number, optimizer: OptimizerChoice): Promise<PresetResult>;
  batchAt(step: number, batch: number): Batch;
}

const digits = loadDigits(20);

function digitBatch(step: number, batch: number, shape: readonly number[]): Batch {
  const rows = Array.from({ length: batch }, (_, k) => (step * batch + k) % digits.labels.length);
  const images = rows.flatMap((row) => [...digits.images.subarray(row * 784, (row + 1) * 784)]);
  const labels = rows.map((row) => digits.labels[row] ?? 0);
  return {
    columns: { image: toBits(images, 'float32'), label: toBits(labels, 'int32') },
    xs: () => tf.mul(tf.tensor(images, [batch, ...shape]), 1 / 255),
    ys: () => tf.tensor(labels, [batch, 1], 'float32'),
  };
}

function textBatch(step: number, batch: number): Batch {
  const { window } = SMALL_TRANSFORMER;
  const tokens = Array.from({ length: batch }, (_, row) => Array.from({ length: window + 1 }, (_x, k) => VOCABULARY.indexOf(TEXT[(step * 7 + row * 31 + k) % TEXT.length] ?? ' ')));
  const whole = () => tf.tensor2d(tokens, [batch, window + 1], 'int32');
  return {
    columns: { tokens: toBits(tokens.flat(), 'int32') },
    xs: () => tf.slice(whole(), [0, 0], [batch, window]),
    ys: () => tf.cast(tf.reshape(tf.slice(whole(), [0, 1], [batch, window]), [batch, window, 1]), 'float32'),
  };
}

const SUBJECTS: readonly Subject[] = [
  {
    name: 'mnistDense',
    hash: '660fdbdc9bdbd8f0531e0329e0c2fde6bc4ab6957e316c87a365aea5d2cd4ff8',
    batch: 8,
    steps: 50,
    make: (batch, optimizer) => mnistDense({ tf, batch, optimizer, seed: 1 }),
    batchAt: (step, batch) => digitBatch(step, batch, [784]),
  },
  {
    name: 'mnistCnn',
    hash: 'b0dbf49d9c2fe648ca14aad2ebfbced1ae6f2698b9f9175b93c0acd6f48cddf0',
    batch: 2,
    steps: 50,
    make: (batch, optimizer) => mnistCnn({ tf, batch, optimizer, seed: 1 }),
    batchAt: (step, batch) => digitBatch(step, batch, [28, 28, 1]),
  },
  {
    name: 'textTransformer',
    hash: 'bf5ce784460a290e97134a3805599aecbdbfb2ed6dd70e64fe4111bf2e08e575',
    batch: 1,
    steps: 50,
    make: (batch, optimizer) => textTransformer({ tf, batch, optimizer, seed: 1, shape: { ...SMALL_TRANSFORMER, vocabulary: VOCABULARY.length } }),
    batchAt: textBatch,
  },
];

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

describe.each(SUBJECTS)('$name', (subject) => {
  test('P2 captured twice, in either order, gives the same bytes, and these', async () => {
    const first = await subject.make(32, ADAM);
    await subject.make(2, { kind: 'sgd', learningRate: 0.1 });
    const second = await subject.make(32, ADAM);
    validateProgram(first.program);
    expect(hex(hashProgram(second.program))).toBe(hex(hashProgram(first.program)));
    expect(second.state).toEqual(first.state);
    expect(hex(hashProgram(first.program))).toBe(subject.hash);
  }, 60_000);

  test('N4 the loss follows stock tfjs for 50 steps', async () => {
    const captured = await subject.make(subject.batch, ADAM);
    const run = await referenceExecutor.prepare(captured.program);
    await run.load(captured.state.map((slot) => slot.initial));
    await tf.setBackend('cpu');
    const { model } = captured;
    model.compile({ optimizer: makeOptimizer(tf, ADAM), loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
    let worst = 0;
    const losses: number[] = [];
    for (let step = 0; step < subject.steps; step++) {
      const batch = subject.batchAt(step, subject.batch);
      const [outputs] = await run.run([inputsFor(captured.program, batch.columns)]);
      const loss = fromBits(outputs?.[0] ?? new Uint32Array(1), 'f32')[0] ?? Number.NaN;
      const [stock = Number.NaN] = (await model.trainOnBatch(batch.xs(), batch.ys())) as number[];
      worst = Math.max(worst, Math.abs(loss - stock) / Math.abs(stock));
      losses.push(loss);
    }
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(worst).toBeLessThan(0.02);
    expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)));
  }, 60_000);

  test('N4 gradients are those of float64 finite differences', async () => {
    const batchSize = subject.name === 'mnistDense' ? 4 : 1;
    const captured = await subject.make(batchSize, { kind: 'sgd', learningRate: 1 });
    const { program, state } = captured;
    const run = await referenceExecutor.prepare(program);
    // Off the kinks: a zero bias under a blank picture sits exactly where relu has no derivative.
    const before = state.map((slot) =>
      slot.role === 'trained'
        ? toBits(
            fromBits(slot.initial, 'f32').map((value, k) => value + ((k * 37) % 19) / 500 - 0.018),
            'float32',
          )
        : slot.initial,
    );
    await run.load(before);
    const inputs = inputsFor(program, subject.batchAt(3, batchSize).columns);
    await run.run([inputs]);
    const after = await run.state();
    const dtypeOf = (tensor: number) => program.tensors[tensor]?.dtype ?? 'f32';
    const inputs64 = program.inputs.map(({ tensor }, k) => Float64Array.from(fromBits(inputs[k] ?? new Uint32Array(0), dtypeOf(tensor))));
    const state64 = before.map((bits) => Float64Array.from(fromBits(bits, 'f32')));
    const trained = state.flatMap((slot, k) => (slot.role === 'trained' ? [k] : []));
    const stride = Math.ceil(trained.length / 6);
    for (const k of trained.filter((_, position) => position % stride === 0)) {
      const name = state[k]?.name;
      const old = fromBits(before[k] as Bits, 'f32');
      const gradient = fromBits(after[k] as Bits, 'f32').map((value, element) => (old[element] ?? 0) - value);
      const scale = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      // The largest element of each weight: where a wrong gradient shows.
      const element = gradient.findIndex((value) => Math.abs(value) === scale);
      const shifted = (by: number) => state64.map((values, other) => (other === k ? values.map((value, e) => (e === element ? value + by : value)) : values));
      const difference = (lossInFloat64(program, inputs64, shifted(1e-5)) - lossInFloat64(program, inputs64, shifted(-1e-5))) / 2e-5;
      expect(Math.abs(difference - (gradient[element] ?? 0)), `${name}[${element}]: ${gradient[element]} for ${difference}`).toBeLessThan(0.01 * scale + 1e-6);
    }
  }, 60_000);
});
