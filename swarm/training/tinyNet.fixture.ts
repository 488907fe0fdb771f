/** A small net written by hand, for tests: y = w x + b by gradient descent with momentum, and a running mean of the inputs. */
import type { Bits } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import type { Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';
import { type CutDataset, type Dataset, cutDataset, openDataset } from './dataset.ts';
import { type GlobalState, initialGlobalState } from './globalState.ts';
import { along, type BodyBuilder, ProgramBuilder } from './programBuilder.ts';

const FEATURES = 70;
export const BATCH = 8;

/** `rate` is the local learning rate, or the name of its schedule: a large one diverges. */
export function tinyProgram(rate: number | string): Program {
  const builder = new ProgramBuilder();
  const x = builder.input('x', 'f32', [BATCH, FEATURES], { kind: 'column', column: 'x' });
  const y = builder.input('y', 'f32', [BATCH], { kind: 'column', column: 'y' });
  const step = builder.input('step', 'u32', [], { kind: 'step' });
  const scheduled = typeof rate === 'string' ? builder.input('rate', 'f32', [], { kind: 'schedule', name: rate }) : null;
  const rateIn = (l: BodyBuilder) => (scheduled === null ? l.f32(Number(rate)) : l.scalar(scheduled));
  const w = builder.state('w', [FEATURES]);
  const count = builder.state('count', [], 'i32');
  const velocity = builder.state('w/velocity', [FEATURES]);
  const b = builder.state('b', []);
  const mean = builder.state('mean', [FEATURES]);
  const xView = [BATCH, FEATURES];
  const product = builder.operation('product', 'f32', [BATCH], (l) => [l.read(x, xView, [along(0), along(1)]), l.read(w, [FEATURES], [along(1)])], {
    reduce: 'mac',
    extents: [FEATURES],
  });
  const error = builder.operation('error', 'f32', [BATCH], (l) => l.op('sub', l.op('add', l.read(product, [BATCH], [along(0)]), l.scalar(b)), l.read(y, [BATCH], [along(0)])));
  const squares = builder.operation(
    'squares',
    'f32',
    [],
    (l) => {
      const e = l.read(error, [BATCH], [along(0)]);
      return l.op('mul', e, e);
    },
    { reduce: 'sum', extents: [BATCH] },
  );
  const loss = builder.operation('loss', 'f32', [], (l) => l.op('div', l.scalar(squares), l.f32(BATCH)));
  const gradient = builder.operation('gradient of w', 'f32', [FEATURES], (l) => [l.read(error, [BATCH], [along(1)]), l.read(x, xView, [along(1), along(0)])], {
    reduce: 'mac',
    extents: [BATCH],
  });
  const velocityNext = builder.operation('velocity next', 'f32', [FEATURES], (l) =>
    l.op('add', l.op('mul', l.f32(0.5), l.read(velocity, [FEATURES], [along(0)])), l.read(gradient, [FEATURES], [along(0)])),
  );
  const wNext = builder.operation('w next', 'f32', [FEATURES], (l) =>
    l.op('sub', l.read(w, [FEATURES], [along(0)]), l.op('mul', rateIn(l), l.read(velocityNext, [FEATURES], [along(0)]))),
  );
  const errorSum = builder.operation('gradient of b', 'f32', [], (l) => l.read(error, [BATCH], [along(0)]), { reduce: 'sum', extents: [BATCH] });
  const bNext = builder.operation('b next', 'f32', [], (l) => l.op('sub', l.scalar(b), l.op('mul', rateIn(l), l.scalar(errorSum))));
  const columnSum = builder.operation('column sum', 'f32', [FEATURES], (l) => l.read(x, xView, [along(1), along(0)]), { reduce: 'sum', extents: [BATCH] });
  const meanNext = builder.operation('mean next', 'f32', [FEATURES], (l) =>
    l.op('add', l.op('mul', l.f32(0.75), l.read(mean, [FEATURES], [along(0)])), l.op('mul', l.f32(0.25 / BATCH), l.read(columnSum, [FEATURES], [along(0)]))),
  );
  const countNext = builder.operation('count next', 'i32', [], (l) =>
    l.op('iadd', l.scalar(count), l.op('u2i', l.op('iadd', l.op('i2u', l.i32(1)), l.op('imul', l.op('i2u', l.i32(0)), l.scalar(step))))),
  );
  builder.advance(w, wNext, 'trained');
  builder.advance(count, countNext, 'local', 5);
  builder.advance(velocity, velocityNext, 'local');
  builder.advance(b, bNext, 'trained');
  builder.advance(mean, meanNext, 'averaged');
  builder.output(loss);
  return builder.build();
}

export const tinySpec: JobSpec = {
  version: 1,
  title: 'tiny',
  task: { kind: 'table', features: ['x'], target: 'y', classes: [] },
  programHash: `0x${'0'.repeat(64)}`,
  programBlob: `0x${'0'.repeat(64)}`,
  initialState: `0x${'0'.repeat(64)}`,
  initialRoot: `0x${'0'.repeat(64)}`,
  dataset: `0x${'0'.repeat(64)}`,
  testDataset: null,
  model: `0x${'0'.repeat(64)}`,
  slots: 2,
  rounds: 3,
  stepsPerRound: 8,
  checkpointEvery: 2,
  batch: BATCH,
  seed: `0x${'5e'.repeat(32)}`,
  outer: { learningRate: 0.75, momentum: 0.5, clip: 10 },
  schedules: [],
  needs: { memoryBytes: 0, macsPerSecond: 0 },
  licence: 'MIT',
};

/** A fixed small sequence, so that tests need no randomness. */
function sequence(length: number): number[] {
  let state = 12345;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 16) % 3;
  });
}

/** y is a linear function of x, so the loss can fall to zero. */
export function tinyData(): CutDataset {
  const rows = 300;
  const x = Uint8Array.from(sequence(rows * FEATURES));
  const y = Float32Array.from({ length: rows }, (_, row) => {
    let sum = 0.5;
    for (let k = 0; k < FEATURES; k++) sum += (x[row * FEATURES + k] as number) * ((k % 5) - 2) * 0.125;
    return sum;
  });
  return cutDataset(
    [
      { name: 'x', shape: [FEATURES], data: x },
      { name: 'y', shape: [], data: y },
    ],
    { source: 'made here', licence: 'MIT', rowsPerChunk: 64 },
  );
}

/** Chunks by hash, from memory. */
export function datasetOf(cut: CutDataset): Dataset {
  const held = new Map<Hash, Uint8Array>(cut.manifest.chunks.map((hash, k) => [hash, cut.chunks[k] as Uint8Array]));
  return openDataset(cut.manifest, {
    async get(hash) {
      const bytes = held.get(hash);
      if (!bytes) throw new Error(`no chunk ${hash}`);
      return bytes;
    },
  });
}

export function tinyGlobal(program: Program): GlobalState {
  const initial: Bits[] = [new Uint32Array(FEATURES), new Uint32Array(1), new Uint32Array(FEATURES)];
  return initialGlobalState(program, initial);
}
