import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DatasetManifest, Hash, JobSpec } from './jobSpec.ts';
import { encodeJson } from './json.ts';
import {
  encodeMessage,
  lossReportText,
  parseCheckpointAnswer,
  parseCheckpointRequest,
  parseDeltaAnnouncement,
  parseGlobalOffer,
  parseLossReport,
  parseReceiptAnswer,
  parseReceiptRequest,
} from './messages.ts';
import { encodeDatasetManifest, parseDatasetManifest } from './parseDatasetManifest.ts';
import { encodeJobSpec, parseJobSpec } from './parseJobSpec.ts';
import { ProtocolError } from './protocolError.ts';

const hash = (digit: string): Hash => `0x${digit.repeat(64)}`;
const address: Hash = `0x${'ab'.repeat(20)}`;
const signature: Hash = `0x${'cd'.repeat(65)}`;

const spec: JobSpec = {
  version: 1,
  title: 'Digits',
  task: { kind: 'digits', classes: ['0', '1'] },
  programHash: hash('1'),
  programBlob: hash('2'),
  initialState: hash('3'),
  initialRoot: hash('4'),
  dataset: hash('5'),
  testDataset: null,
  model: hash('6'),
  slots: 2,
  rounds: 4,
  stepsPerRound: 20,
  checkpointEvery: 5,
  batch: 32,
  seed: hash('7'),
  outer: { learningRate: 0.7, momentum: 0.9, clip: 10 },
  schedules: [],
  needs: { memoryBytes: 1_000_000, macsPerSecond: 1_000_000 },
  licence: 'MIT',
};
const manifest: DatasetManifest = {
  version: 1,
  rows: 100,
  rowsPerChunk: 64,
  columns: [
    { name: 'x', dtype: 'u8', shape: [28, 28] },
    { name: 'y', dtype: 'i32', shape: [] },
  ],
  chunks: [hash('a'), hash('b')],
  root: hash('c'),
  source: 'test',
  licence: 'MIT',
};
const key = { job: 7n, round: 1, slot: 0, stage: 0 } as const;
const announcement = { ...key, globalRoot: hash('1'), checkpointsRoot: hash('2'), proposalRoot: hash('3'), deltaHash: hash('4'), solver: address, peer: '12D3Koo' };
const report = { ...key, step: 3, loss: 0.25, accuracy: null, reporter: address, signature };

/** Name, parser, a good value. */
const kinds: readonly (readonly [string, (bytes: Uint8Array) => unknown, object])[] = [
  ['job', parseJobSpec, spec],
  ['manifest', parseDatasetManifest, manifest],
  ['delta announcement', parseDeltaAnnouncement, announcement],
  ['receipt request', parseReceiptRequest, announcement],
  ['receipt answer', parseReceiptAnswer, { ...key, deltaHash: hash('4'), keeper: address, signature }],
  ['checkpoint request', parseCheckpointRequest, { ...key, checkpoint: 2, attempt: 0, auditor: address, peer: 'peer', signature }],
  ['checkpoint answer', parseCheckpointAnswer, { ...key, checkpoint: 2, root: hash('1'), salt: hash('2'), path: [hash('3')], stateHash: hash('4') }],
  ['global state offer', parseGlobalOffer, { job: 7n, round: 2, root: hash('1'), blob: hash('2'), peer: 'p' }],
  ['loss report', parseLossReport, report],
];

describe('H5 strict parsing', () => {
  test.each(kinds)('H5 %s: what is written is what is read', (_name, parse, value) => {
    expect(parse(encodeJson(value))).toEqual(value);
  });

  test.each(kinds)('H5 %s: random bytes and random JSON are refused as ProtocolError, never otherwise', (_name, parse) => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.jsonValue().map((value) => encodeJson(value)),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        expect(() => parse(input)).toThrow(ProtocolError);
      }),
      { numRuns: 100 },
    );
  });

  test.each(kinds)('H5 %s: a field less, a field more, or one of another type is refused by name', (name, parse, value) => {
    const fields = Object.keys(value);
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.constantFrom(undefined, {}, [[]], true, '\u0007', 1e300), (field, wrong) => {
        expect(() => parse(encodeJson({ ...value, [field]: wrong }))).toThrow(new RegExp(`^${name}\\.${field}`));
      }),
    );
    expect(() => parse(encodeJson({ ...value, extra: 1 }))).toThrow(/unknown field "extra"/);
    expect(() => parse(Buffer.from(JSON.stringify({ a: 1 }).replace('"a"', '"__proto__"')))).toThrow(/unknown field "__proto__"/);
  });

  test('H5 over the size limit is refused before it is read', () => {
    expect(() => parseLossReport(new Uint8Array(70_000))).toThrow(/loss report: 70000 bytes is over the limit of 65536/);
    expect(() => parseJobSpec(new TextEncoder().encode('['.repeat(200_000)))).toThrow(ProtocolError);
  });
});

describe('T2 job specs', () => {
  const rate = { name: 'rate', steps: [0, 5], values: [0.5, 0.25] };
  const bad: readonly (readonly [string, Partial<JobSpec>, RegExp])[] = [
    ['checkpointEvery that does not divide', { checkpointEvery: 3 }, /checkpointEvery 3 does not divide stepsPerRound 20/],
    ['no slots', { slots: 0 }, /job\.slots: expected a whole number from 1 to 64, got 0/],
    ['too many slots', { slots: 65 }, /job\.slots/],
    ['steps that do not fit in 32 bits', { rounds: 100_000, stepsPerRound: 100_000, checkpointEvery: 100_000 }, /32 bits/],
    ['more samples than 2^53', { rounds: 42_000, slots: 64, stepsPerRound: 100_000, checkpointEvery: 50_000, batch: 65_536 }, /2\^53/],
    ['momentum of one', { outer: { ...spec.outer, momentum: 1 } }, /job\.outer\.momentum/],
    ['a clip of zero', { outer: { ...spec.outer, clip: 0 } }, /job\.outer\.clip/],
    ['an upper-case hash', { seed: `0x${'AB'.repeat(32)}` }, /job\.seed: expected 0x and 64 lower-case hex digits/],
    ['a title with control characters', { title: 'a\u0007b' }, /control/],
    ['another version', { version: 2 as unknown as 1 }, /job\.version/],
    ['a vocabulary with a character twice', { task: { kind: 'text', vocabulary: 'abca', window: 8 } }, /job\.task\.vocabulary: a character stands twice/],
    ['a schedule that stands twice', { schedules: [rate, rate] }, /schedule rate stands twice/],
    ['a schedule that begins late', { schedules: [{ ...rate, steps: [1, 5] }] }, /schedule rate begins at step 1; it must begin at step 0/],
    ['a schedule that goes back', { schedules: [{ ...rate, steps: [0, 0] }] }, /step 0 does not come after step 0/],
    ['a schedule beyond the end', { schedules: [{ ...rate, steps: [0, spec.rounds * spec.stepsPerRound] }] }, /is beyond the job's/],
    ['a schedule with a value too few', { schedules: [{ ...rate, values: [0.5] }] }, /has 2 steps and 1 values/],
    ['a value that is no f32', { schedules: [{ ...rate, values: [0.5, 0.1] }] }, /schedules\[0\]\.values\[1\]: 0.1 is not a canonical f32/],
    ['a value that executors would flush', { schedules: [{ ...rate, values: [0.5, 2 ** -126] }] }, /not a canonical f32/],
    ['an unknown task', { task: { kind: 'video' } as unknown as JobSpec['task'] }, /job\.task\.kind: expected one of digits, images, text, table, got "video"/],
  ];
  test.each(bad)('T2 %s is refused with the reason, read or written', (_what, change, reason) => {
    expect(() => parseJobSpec(encodeJson({ ...spec, ...change }))).toThrow(reason);
    expect(() => encodeJobSpec({ ...spec, ...change })).toThrow(reason);
  });

  test('T2 every kind of task survives the way', () => {
    const tasks: JobSpec['task'][] = [
      { kind: 'text', vocabulary: '\n\t\f aé😀', window: 64 },
      { kind: 'images', height: 8, width: 8, channels: 3, classes: ['cat', 'dog'] },
      { kind: 'table', features: ['a', 'b'], target: 'c', classes: [] },
    ];
    for (const task of tasks) expect(parseJobSpec(encodeJobSpec({ ...spec, task })).task).toEqual(task);
  });
});

describe('H6 manifests', () => {
  const bad: readonly (readonly [string, Partial<DatasetManifest>, RegExp])[] = [
    ['rowsPerChunk that is no power of two', { rowsPerChunk: 63 }, /power of two/],
    ['too few chunks', { chunks: [hash('a')] }, /100 rows in chunks of 64 are 2 chunks, got 1/],
    ['two columns of one name', { columns: [manifest.columns[0], manifest.columns[0]] as DatasetManifest['columns'] }, /same name/],
    ['a row over the limit', { columns: [{ name: 'x', dtype: 'f32', shape: [4096, 4096] }] }, /row of 67108864 bytes is over the limit/],
    ['a chunk over the limit', { rowsPerChunk: 65_536, chunks: [hash('a')], columns: [{ name: 'x', dtype: 'u8', shape: [4096] }] }, /chunk of 268435456 bytes/],
    ['an empty dimension', { columns: [{ name: 'x', dtype: 'u8', shape: [0] }] }, /manifest\.columns\[0\]\.shape\[0\]/],
    ['no rows', { rows: 0, chunks: [] }, /manifest\.rows/],
  ];
  test.each(bad)('H6 %s is refused with the reason', (_what, change, reason) => {
    expect(() => parseDatasetManifest(encodeJson({ ...manifest, ...change }))).toThrow(reason);
    expect(() => encodeDatasetManifest({ ...manifest, ...change })).toThrow(reason);
  });
});

test('H5 messages are bounded when written, and the text of a loss report names all of it', () => {
  expect(() => encodeMessage({ ...announcement, peer: 'x'.repeat(70_000) })).toThrow(/over the limit/);
  const changed = [{ job: 8n }, { round: 2 }, { slot: 1 }, { step: 4 }, { loss: 0.5 }, { accuracy: 0.5 }, { reporter: `0x${'00'.repeat(20)}` as Hash }];
  const texts = changed.map((change) => lossReportText({ ...report, ...change }));
  expect(new Set([...texts, lossReportText(report)]).size).toBe(changed.length + 1);
});
