import { createPublicClient, type Hex, http, toHex } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { courtAbi } from '#abi/courtAbi.ts';
import { DTYPES, PROFILES } from '#engine/program/encodeProgram.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import { Account, type StepRecord } from '#swarm/dispute/account.ts';
import { executePoint, type Ground, inputWord, openWord, type ShownPoint, type ShownWord } from '#swarm/dispute/court.ts';
import { COLUMN_TYPES, type Docket, type InputFacts, ORIGINS, type Shown, sourceCode, type TensorFacts } from '#swarm/dispute/docket.ts';
import { evaluatePoint, type Point } from '#swarm/dispute/evaluatePoint.ts';
import { ownPaths, showPoint, showWord } from '#swarm/dispute/ownLists.ts';
import { showRow } from '#swarm/dispute/showRow.ts';
import { alphabet, randomRound, tinyRound } from '#swarm/dispute/testing/disputeMaterial.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { sampleRows } from '#swarm/training/sampleRows.ts';
import { readTypes } from '#swarm/dispute/traceStep.ts';
import { type CourtExecutor, startCourt } from './startCourt.ts';

const NONE = 2n ** 256n - 1n;
const ZERO: Hash = `0x${'0'.repeat(64)}`;
const NO_WORD = { root: ZERO, rootPath: [], piece: '0x' as Hex, piecePath: [] };

let court: CourtExecutor;
let client: ReturnType<typeof connect>;
const connect = (rpcUrl: string) => createPublicClient({ transport: http(rpcUrl, { batch: { batchSize: 100 }, timeout: 60_000 }), cacheTime: 0 });

beforeAll(async () => {
  court = await startCourt();
  client = connect(court.rpcUrl);
});
afterAll(() => court.stop());

const jobOf = ({ job }: Docket) => ({ ...job, profile: PROFILES.indexOf(job.profile), states: job.state });

function groundOf(docket: Docket, record: StepRecord): Ground {
  return { docketRoot: docket.root, job: docket.job, before: record.beforeTree.root, inputs: record.inputsTree.root, trace: record.traceTree.root };
}

const groundArgs = (docket: Docket, record: StepRecord) => ({ ...groundOf(docket, record), job: jobOf(docket) });
const tensorArgs = ({ dtype, elements, origin, place, watched }: TensorFacts) => ({ dtype: DTYPES.indexOf(dtype), elements, origin: ORIGINS.indexOf(origin), place, watched });

/** In Solidity the tensor's root is shown beside its piece. */
const wordArgs = (root: Hash, { piece, piecePath, rootPath }: ShownWord) => ({ root, rootPath, piece: toHex(piece), piecePath });

/** Every read has its fact, those that are inside their word too. */
function readArgs(account: Account, record: StepRecord, k: number, point: Point, { facts, words }: ShownPoint) {
  const { program } = account.material;
  const operation = program.operations[k];
  if (!operation) throw new Error('no such operation');
  const inside = new Set<number>();
  evaluatePoint(operation, readTypes(program, k), point, (read, element) => {
    inside.add(read);
    return record.trace.tensors[operation.reads[read]?.tensor ?? 0]?.[element] ?? 0;
  });
  let used = 0;
  return facts.map(({ fact, path }, read) => {
    const word = inside.has(read) ? words[used++] : undefined;
    return { fact: tensorArgs(fact), factPath: path, word: word ? wordArgs(record.tensorTree(operation.reads[read]?.tensor ?? 0).root, word) : NO_WORD };
  });
}

const product = (shape: readonly number[]) => shape.reduce((total, extent) => total * extent, 1);
/** The last ones have a Program that gathers. */
const SEEDS = [0, 1, 2, 3, 4, 5, 6, 11, 15, 22, 29, 33, 53];
const rounds = () => [alphabet(), tinyRound(), ...SEEDS.map((seed) => randomRound(seed, { stray: true, profile: PROFILES[seed % 3] ?? 'f12' }))];

test('D1 D3 D4 the court executes points of real steps, shown under docket and roots, as the court in TypeScript does', async () => {
  let points = 0;
  let strays = 0;
  for (const [seed, material] of rounds().entries()) {
    const random = new RandomWords(seed);
    const account = new Account(material);
    const record = await account.recordOf(0);
    const { docket, program } = material;
    const cases = program.operations.flatMap((operation, k) =>
      Array.from({ length: 16 }, () => ({ k, operation, point: { element: random.below(product(operation.shape)), term: random.below(product(operation.extents)) } })),
    );
    const given = await Promise.all(
      cases.map(async ({ k, point }) => {
        const shown = showPoint(account, record, k, point, ownPaths(record));
        const { fact, path } = docket.show('operation', k);
        const reads = readArgs(account, record, k, point, shown);
        const args = [groundArgs(docket, record), BigInt(k), toHex(fact), path, BigInt(point.element), BigInt(point.term), reads] as const;
        const outcome = await client.readContract({ address: court.court, abi: courtAbi, functionName: 'executePoint', args });
        return { results: [outcome.first, outcome.second].map(Number), outside: outcome.outOfRange === NONE ? null : Number(outcome.outOfRange) };
      }),
    );
    const law = cases.map(({ k, operation, point }) => {
      const { results, outside } = executePoint(groundOf(docket, record), k, operation, point, showPoint(account, record, k, point, ownPaths(record)));
      return { results: [results[0], results[1] ?? 0], outside };
    });
    expect(given).toEqual(law);
    points += cases.length;
    strays += law.filter(({ outside }) => outside !== null).length;
  }
  expect(points).toBeGreaterThan(250);
  expect(strays).toBeGreaterThan(0);
});

function inputArgs({ tensor, source, offset, perRow, columnType, scheduleLength, scheduleRoot }: InputFacts) {
  return { tensor, source: sourceCode(source), offset, perRow, columnType: COLUMN_TYPES.indexOf(columnType), scheduleLength, scheduleRoot };
}

test('T1 T3 H6 the court knows every word of the inputs of a step from the rule and the rows', async () => {
  let words = 0;
  for (const [seed, material] of rounds().entries()) {
    const random = new RandomWords(seed);
    const { docket, program, spec, dataset, slot, globalState } = material;
    const account = new Account(material);
    for (let step = 0; step < Math.min(2, spec.stepsPerRound); step++) {
      const place = { round: globalState.round, slot, step, counted: 0 };
      const rows = sampleRows(spec, dataset.manifest.rows, place.round, slot, step);
      const bits = await account.inputsAt(step);
      for (const [k, input] of program.inputs.entries()) {
        const { fact }: Shown<InputFacts> = docket.show('input', k);
        const tensor = docket.show('tensor', input.tensor).fact;
        const element = random.below(tensor.elements);
        const row = fact.source === 'column' ? await showRow(dataset, rows[Math.floor(element / fact.perRow)] ?? 0) : null;
        const shown = row ? { content: toHex(row.bytes), rowPath: row.rowPath, chunkPath: row.chunkPath } : { content: '0x' as Hex, rowPath: [], chunkPath: [] };
        const args = [jobOf(docket), place, inputArgs(fact), BigInt(DTYPES.indexOf(tensor.dtype)), BigInt(element), shown] as const;
        const given = Number(await client.readContract({ address: court.court, abi: courtAbi, functionName: 'inputWord', args }));
        expect(given).toBe(inputWord(docket.job, place, fact, tensor, element, { row, schedule: null }));
        expect(given).toBe(bits[k]?.[element]);
        words++;
      }
    }
  }
  expect(words).toBeGreaterThan(80);
});

test('D3 a word of any tensor of a step is opened under its list, and under no other', async () => {
  const material = randomRound(4);
  const account = new Account(material);
  const record = await account.recordOf(1);
  const { docket, program } = material;
  for (let tensor = 0; tensor < program.tensors.length; tensor++) {
    const { fact, path } = docket.show('tensor', tensor);
    if (fact.origin === 'none') continue;
    const element = fact.elements - 1;
    const shown = showWord(account, record, tensor, element, ownPaths(record));
    const open = (ground: ReturnType<typeof groundArgs>) => {
      const args = [ground, BigInt(tensor), tensorArgs(fact), path, BigInt(element), wordArgs(record.tensorTree(tensor).root, shown)] as const;
      return client.readContract({ address: court.court, abi: courtAbi, functionName: 'openWord', args });
    };
    const ground = groundArgs(docket, record);
    expect(Number(await open(ground))).toBe(openWord(groundOf(docket, record), fact, element, shown, program.operations.length));
    await expect(open({ ...ground, before: ground.trace, inputs: ground.before, trace: ground.inputs })).rejects.toThrow(/NotInStep/);
  }
});
