import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { merkleRoot } from '#engine/program/merkle.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import type { Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';
import { parseDatasetManifest, rowBytes } from '#swarm/protocol/parseDatasetManifest.ts';
import { type ColumnData, cutDataset, openDataset } from './dataset.ts';
import { ProgramBuilder } from './programBuilder.ts';
import { sampleRows } from './sampleRows.ts';
import { createStepInputs, seedWords } from './stepInputs.ts';
import { datasetOf, tinySpec } from './tinyNet.fixture.ts';

const about = { source: 'test', licence: 'MIT' };
const sha = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());

function columns(rows: number): ColumnData[] {
  return [
    { name: 'picture', shape: [2, 3], data: Uint8Array.from({ length: rows * 6 }, (_, k) => (k * 37) % 256) },
    { name: 'value', shape: [2], data: Float32Array.from({ length: rows * 2 }, (_, k) => k / 7 - 3) },
    { name: 'label', shape: [], data: Int32Array.from({ length: rows }, (_, k) => k - 5) },
  ];
}

/** A row's bytes as H6 says: columns in order, words little-endian. */
function rowByHand(row: number): Uint8Array {
  const bytes = new Uint8Array(18);
  for (let k = 0; k < 6; k++) bytes[k] = ((row * 6 + k) * 37) % 256;
  const view = new DataView(bytes.buffer);
  view.setFloat32(6, (row * 2) / 7 - 3, true);
  view.setFloat32(10, (row * 2 + 1) / 7 - 3, true);
  view.setInt32(14, row - 5, true);
  return bytes;
}

describe('H6 datasets', () => {
  test('H6 rows, chunks and root by hand', async () => {
    const cut = cutDataset(columns(11), { ...about, rowsPerChunk: 4 });
    expect(rowBytes(cut.manifest)).toBe(18);
    expect(parseDatasetManifest(cut.manifestBytes)).toEqual(cut.manifest);
    expect(cut.manifestHash).toBe(toHash(sha(cut.manifestBytes)));
    expect(cut.chunks.map((chunk) => chunk.length)).toEqual([72, 72, 54]);
    expect(cut.manifest.chunks).toEqual(cut.chunks.map((chunk) => toHash(sha(chunk))));
    const leaves = Array.from({ length: 11 }, (_, row) => sha(rowByHand(row)));
    const chunkRoots = [leaves.slice(0, 4), leaves.slice(4, 8), leaves.slice(8)].map((part) => merkleRoot(part));
    expect(cut.manifest.root).toBe(toHash(merkleRoot(chunkRoots)));
    const dataset = datasetOf(cut);
    await dataset.verify();
    const wanted = [10, 0, 7, 7, 3];
    expect(await dataset.rows(wanted)).toEqual(wanted.map(rowByHand));
  });

  test('H6 any cut reads back, row by row', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.constantFrom(1, 2, 8, 64), async (rows, rowsPerChunk) => {
        const dataset = datasetOf(cutDataset(columns(rows), { ...about, rowsPerChunk }));
        await dataset.verify();
        const order = Array.from({ length: rows }, (_, k) => rows - 1 - k);
        expect(await dataset.rows(order)).toEqual(order.map(rowByHand));
        await expect(dataset.rows([rows])).rejects.toThrow(/does not exist/);
      }),
      { numRuns: 25 },
    );
  });

  test('H6 a corrupted or cut-off chunk is refused, and a later good one is taken', async () => {
    const cut = cutDataset(columns(11), { ...about, rowsPerChunk: 4 });
    let give = (bytes: Uint8Array) => bytes;
    const dataset = openDataset(cut.manifest, { get: async (hash) => give(cut.chunks[cut.manifest.chunks.indexOf(hash)] as Uint8Array) });
    give = (bytes) => bytes.map((byte, k) => (k === 30 ? byte ^ 1 : byte));
    await expect(dataset.rows([0])).rejects.toThrow(/chunk 0 of the dataset does not have the hash/);
    give = (bytes) => bytes.subarray(1);
    await expect(dataset.rows([0])).rejects.toThrow(/chunk 0 of the dataset has 71 bytes, the manifest says 72/);
    give = (bytes) => bytes;
    expect(await dataset.rows([0])).toEqual([rowByHand(0)]);
  });

  test('H6 a manifest whose root is not that of its chunks is found', async () => {
    const cut = cutDataset(columns(11), { ...about, rowsPerChunk: 4 });
    const dataset = datasetOf({ ...cut, manifest: { ...cut.manifest, root: `0x${'11'.repeat(32)}` } });
    await expect(dataset.verify()).rejects.toThrow(/do not have the root/);
  });

  test('H6 each chunk is fetched once, and only when a row of it is read', async () => {
    const cut = cutDataset(columns(16), { ...about, rowsPerChunk: 4 });
    const asked: Hash[] = [];
    const dataset = openDataset(cut.manifest, {
      async get(hash) {
        asked.push(hash);
        return cut.chunks[cut.manifest.chunks.indexOf(hash)] as Uint8Array;
      },
    });
    await Promise.all([dataset.rows([0, 1, 5]), dataset.rows([2, 6])]);
    await dataset.rows([3]);
    expect(asked).toEqual([cut.manifest.chunks[0], cut.manifest.chunks[1]]);
  });

  test('H6 columns that disagree or are not finite are refused with the place', () => {
    const [picture, value] = columns(3) as [ColumnData, ColumnData];
    expect(() => cutDataset([picture, { ...value, data: new Float32Array(5) }], about)).toThrow(/column value has 2.5 rows, column picture has 3/);
    expect(() => cutDataset([{ ...value, data: Float32Array.of(0, 0, 0, Number.NaN) }], about)).toThrow(/column value, row 1: NaN is not a finite number/);
    expect(() => cutDataset([], about)).toThrow(/no rows/);
  });
});

describe('T3 inputs of a step', () => {
  const spec: JobSpec = { ...tinySpec, batch: 4, slots: 2, stepsPerRound: 8 };
  const cut = cutDataset(columns(50), { ...about, rowsPerChunk: 8 });
  const picture = { kind: 'column', column: 'picture' } as const;

  test('T1, T3 columns by rows, u8 to f32 or i32, step, seed and schedule', async () => {
    const builder = new ProgramBuilder();
    builder.input('p', 'f32', [4, 2, 3], picture);
    builder.input('q', 'i32', [24], picture);
    builder.input('v', 'f32', [4, 2], { kind: 'column', column: 'value' });
    builder.input('l', 'i32', [4], { kind: 'column', column: 'label' });
    builder.input('s', 'u32', [], { kind: 'step' });
    builder.input('k', 'u32', [2], { kind: 'seed' });
    builder.input('r', 'f32', [], { kind: 'schedule', name: 'rate' });
    const schedules = [{ name: 'rate', steps: [0, 8, 19], values: [0.5, 0.25, 0.125] }];
    const inputs = createStepInputs(builder.build(), { ...spec, schedules }, datasetOf(cut));
    const [p, q, v, l, s, k, r] = await inputs.at(2, 1, 3);
    const rows = sampleRows(spec, 50, 2, 1, 3);
    const bytes = [...rows].map(rowByHand);
    const pixels = bytes.flatMap((row) => [...row.subarray(0, 6)]);
    expect([...new Float32Array((p as Uint32Array).buffer)]).toEqual(pixels);
    expect([...(q as Uint32Array)]).toEqual(pixels);
    expect([...new Float32Array((v as Uint32Array).buffer)]).toEqual([...rows].flatMap((row) => [Math.fround((row * 2) / 7 - 3), Math.fround((row * 2 + 1) / 7 - 3)]));
    expect([...new Int32Array((l as Uint32Array).buffer)]).toEqual([...rows].map((row) => row - 5));
    expect(s).toEqual(Uint32Array.of(19));
    expect(k).toEqual(seedWords(spec.seed, 2, 1));
    expect([...new Float32Array((r as Uint32Array).buffer)]).toEqual([0.125]);
    const rateAt = async (round: number, step: number) => new Float32Array(((await inputs.at(round, 1, step))[6] as Uint32Array).buffer)[0];
    expect([await rateAt(0, 0), await rateAt(0, 7), await rateAt(1, 0), await rateAt(2, 2), await rateAt(2, 3), await rateAt(2, 7)]).toEqual([0.5, 0.5, 0.25, 0.25, 0.125, 0.125]);
  });

  test('T3 seed words differ by round and slot, and are the digest’s first bytes', () => {
    const message = Buffer.concat([Buffer.from(spec.seed.slice(2), 'hex'), Buffer.from('0000000200000001', 'hex')]);
    const digest = createHash('sha256').update(message).digest();
    expect([...seedWords(spec.seed, 2, 1)]).toEqual([digest.readUInt32BE(0), digest.readUInt32BE(4)]);
    expect(seedWords(spec.seed, 1, 2)).not.toEqual(seedWords(spec.seed, 2, 1));
  });

  test('N1 values that are not canonical enter as zero', async () => {
    const tiny = cutDataset([{ name: 'x', shape: [], data: Float32Array.of(-0, 1e-40, 2 ** -126, 2 ** -125) }], about);
    const builder = new ProgramBuilder();
    builder.input('x', 'f32', [4], { kind: 'column', column: 'x' });
    const inputs = createStepInputs(builder.build(), { ...spec, slots: 1, stepsPerRound: 1, checkpointEvery: 1 }, datasetOf(tiny));
    const [x] = await inputs.at(0, 0, 0);
    expect([...(x as Uint32Array)].sort()).toEqual([0, 0, 0, 0x01000000]);
  });

  const refusals: readonly (readonly [string, (builder: ProgramBuilder) => void, RegExp])[] = [
    ['a column that is not there', (b) => b.input('x', 'f32', [4], { kind: 'column', column: 'colour' }), /reads column colour; the dataset has picture, value, label/],
    ['another batch', (b) => b.input('x', 'f32', [5, 6], picture), /a batch of 4 has 24 values, the program's input has 30/],
    ['f32 read as i32', (b) => b.input('x', 'i32', [8], { kind: 'column', column: 'value' }), /column value is f32, the program reads it as i32/],
    ['a schedule that is not there', (b) => b.input('x', 'f32', [], { kind: 'schedule', name: 'rate' }), /needs schedule rate/],
    ['an argument', (b) => b.argument('x', 'f32', [1]), /cannot take the argument x/],
  ];
  test.each(refusals)('T3 %s is refused before any step', (_what, add, reason) => {
    const builder = new ProgramBuilder();
    add(builder);
    expect(() => createStepInputs(builder.build(), spec, datasetOf(cut))).toThrow(reason);
  });
});
