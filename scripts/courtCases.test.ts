import { readFileSync } from 'node:fs';
import { createPublicClient, type Hex, http, toHex } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { courtAbi } from '#abi/courtAbi.ts';
import { bitsToBytes } from '#engine/program/bitsToBytes.ts';
import { DTYPES, PROFILES, REDUCES } from '#engine/program/encodeProgram.ts';
import { merkleProof } from '#engine/program/merkle.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Profile } from '#engine/program/program.ts';
import { tensorRoot } from '#engine/program/tensorRoot.ts';
import { prefixLeaf, type Reduction } from '#swarm/dispute/prefixMachine.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import { edgeReductionCases, type PointCase, pointCases, type ReadCase, type ReductionCase, reductionCases, type StepCase } from './courtCases.ts';
import { courtVectors } from './courtVectors.ts';
import { type CourtExecutor, startCourt } from './startCourt.ts';

const PIECE_WORDS = 256;
const NONE = 2n ** 256n - 1n;

let court: CourtExecutor;
let client: ReturnType<typeof connect>;
const connect = (rpcUrl: string) => createPublicClient({ transport: http(rpcUrl, { batch: { batchSize: 200 }, timeout: 60_000 }), cacheTime: 0 });

beforeAll(async () => {
  court = await startCourt();
  client = connect(court.rpcUrl);
});
afterAll(() => court.stop());

/** A read's tensor, opened at the piece with the word (D3). */
function sourceOf({ dtype, place, bits }: ReadCase) {
  const root = toHash(tensorRoot(bits));
  if (place === null) return { dtype: DTYPES.indexOf(dtype), root, piece: '0x' as Hex, path: [] };
  const pieces = Array.from({ length: Math.ceil(bits.length / PIECE_WORDS) }, (_, k) => {
    const words = new Uint32Array(PIECE_WORDS);
    words.set(bits.subarray(k * PIECE_WORDS, (k + 1) * PIECE_WORDS));
    return bitsToBytes(words).slice();
  });
  const at = Math.floor(place / PIECE_WORDS);
  const leaves = pieces.map((piece) => sha256(piece));
  return { dtype: DTYPES.indexOf(dtype), root, piece: toHex(pieces[at] as Uint8Array), path: merkleProof(leaves, at).map(toHash) };
}

async function evaluate({ bytes, point, reads }: PointCase): Promise<unknown> {
  const args = [toHex(bytes), BigInt(point.element), BigInt(point.term), reads.map(sourceOf)] as const;
  const { first, second, dtype, outOfRange } = await client.readContract({ address: court.court, abi: courtAbi, functionName: 'evaluate', args });
  return { first: Number(first), second: Number(second), dtype: DTYPES[Number(dtype)], outside: outOfRange === NONE ? null : Number(outOfRange) };
}

test('D3 D4 the court evaluates random operations at random points over opened pieces as the law does', async () => {
  const profiles: readonly Profile[] = ['f12', 'e11', 'e10'];
  const cases = profiles.flatMap((profile, k) => Array.from({ length: 24 }, (_, seed) => pointCases(1000 * k + seed, profile, 4)).flat());
  expect(cases.length).toBeGreaterThan(1500);
  expect(cases.filter(({ outside }) => outside !== null).length).toBeGreaterThan(20);
  expect(cases.filter(({ reads }) => reads.some(({ place }) => place === null)).length).toBeGreaterThan(200);
  const given = await Promise.all(cases.map(evaluate));
  const law = cases.map(({ results, dtype, outside }) => ({ first: results[0], second: results[1] ?? 0, dtype, outside }));
  expect(given).toEqual(law);
});

const words = (values: readonly number[]) => values.map(BigInt);
const reductionOf = ({ reduce, profile, dtype, terms }: Reduction) => ({
  reduce: BigInt(REDUCES.indexOf(reduce)),
  profile: BigInt(PROFILES.indexOf(profile)),
  dtype: BigInt(DTYPES.indexOf(dtype)),
  terms: BigInt(terms),
});

async function step({ reduction, j, values, before, machine }: StepCase): Promise<unknown> {
  const given = reductionOf(reduction);
  const [after, term] = await Promise.all([
    client.readContract({ address: court.court, abi: courtAbi, functionName: 'step', args: [given, words(before), BigInt(j), BigInt(values[0] ?? 0), BigInt(values[1] ?? 0)] }),
    client.readContract({ address: court.court, abi: courtAbi, functionName: 'termOf', args: [given, BigInt(j)] }),
  ]);
  expect(Number(term)).toBe(machine.term(j));
  return after.map(Number);
}

async function finish({ reduction, last }: ReductionCase): Promise<unknown> {
  const given = reductionOf(reduction);
  const [result, leaf] = await Promise.all([
    client.readContract({ address: court.court, abi: courtAbi, functionName: 'finish', args: [given, words(last)] }),
    client.readContract({ address: court.court, abi: courtAbi, functionName: 'prefixLeafOf', args: [words(last)] }),
  ]);
  expect(leaf).toBe(toHash(prefixLeaf(last)));
  return Number(result);
}

test('D5 the court takes random steps of every reduction and profile as the machine does, and ends at the bits of the reference', async () => {
  const cases = [
    ...PROFILES.flatMap((profile) => [31, 32, 33, 34, 35].flatMap((seed) => reductionCases(seed, profile, 3))),
    ...Array.from({ length: 30 }, (_, seed) => edgeReductionCases(500 + seed, 8)).flat(),
  ];
  const steps = cases.flatMap((one) => one.steps);
  expect(steps.length).toBeGreaterThan(1500);
  expect(await Promise.all(steps.map(step))).toEqual(steps.map(({ after }) => after));
  expect(await Promise.all(cases.map(finish))).toEqual(cases.map(({ result }) => result));
});

test('D3 a piece of another place, of another tensor, or cut short is refused', async () => {
  const found = pointCases(7, 'f12', 4).find(({ reads }) => reads[0] !== undefined && reads[0].place !== null);
  if (!found) throw new Error('no such case');
  const [first, ...others] = found.reads.map(sourceOf);
  if (!first) throw new Error('no read');
  const ask = (source: typeof first) =>
    client.readContract({
      address: court.court,
      abi: courtAbi,
      functionName: 'evaluate',
      args: [toHex(found.bytes), BigInt(found.point.element), BigInt(found.point.term), [source, ...others]],
    });
  await ask(first);
  const other = `${first.piece.slice(0, 100)}${first.piece[100] === '0' ? '1' : '0'}${first.piece.slice(101)}` as Hex;
  for (const bad of [
    { ...first, piece: other },
    { ...first, piece: first.piece.slice(0, -2) as Hex },
    { ...first, path: [...first.path, `0x${'0'.repeat(64)}` as Hex] },
    { ...first, root: `0x${'1'.repeat(64)}` as Hex },
  ]) {
    await expect(ask(bad)).rejects.toThrow(/WrongPiece/);
  }
});

test('D4 D5 the law still gives its golden cases of points and prefixes, bit for bit', () => {
  const golden = JSON.parse(readFileSync(new URL('../vectors/court.json', import.meta.url), 'utf8')) as unknown;
  expect(courtVectors()).toEqual(golden);
});
