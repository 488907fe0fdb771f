/** Golden cases of points, prefixes and rows (SPEC D4, D5, T1) for `vectors/court.json`: lines of hex words, so that Solidity reads them too. */
import { bytesToHex } from 'viem';
import { isFinite32, round12 } from '#engine/numerics/canon.ts';
import { DTYPES, PROFILES, REDUCES } from '#engine/program/encodeProgram.ts';
import { EDGE_FLOATS, RandomWords } from '#engine/program/randomWords.ts';
import { u32be } from '#swarm/protocol/bytes.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import { sampleRows } from '#swarm/training/sampleRows.ts';
import { edgeReductionCases, type PointCase, pointCases, type ReductionCase, reductionCases, type StepCase } from './courtCases.ts';

export interface CourtVectors {
  /** Canonical bytes of operations, as 0x... */
  readonly operations: readonly string[];
  /** Place in `operations`, element, term, first read out of range or ffffffff, dtype, first result, second or 0; then for each read dtype, 1 where it is inside, element, word. */
  readonly points: readonly string[];
  /** reduce, profile, dtype, R, j, its term, a, b, then the prefix before and after. */
  readonly steps: readonly string[];
  /** reduce, profile, dtype, R, count of steps, result, then the last prefix. */
  readonly finishes: readonly string[];
  /** Eight words of the seed, slots, steps a round, batch, rows; round, slot, step, b; the row (T1). */
  readonly rows: readonly string[];
  /** An operand of an f12 mac, and it rounded (N4). */
  readonly operands: readonly string[];
}

const NONE = 0xffffffff;
const line = (...words: readonly number[]) => words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join(' ');

export function courtVectors(): CourtVectors {
  const points = (['f12', 'e11'] as const).flatMap((profile, k) => Array.from({ length: 6 }, (_, seed) => pointCases(100 * k + seed, profile, 3)).flat());
  const reductions = [
    ...PROFILES.flatMap((profile) => [1, 2, 3].flatMap((seed) => reductionCases(seed, profile, 2))),
    ...Array.from({ length: 12 }, (_, seed) => edgeReductionCases(seed, 6)).flat(),
  ];
  const operations = [...new Set(points.map(({ bytes }) => bytesToHex(bytes)))];
  return {
    operations,
    points: points.map((point) => pointLine(operations.indexOf(bytesToHex(point.bytes)), point)),
    steps: reductions.flatMap(({ steps }) => steps.map(stepLine)),
    finishes: reductions.map(finishLine),
    rows: rowLines(),
    operands: operandLines(),
  };
}

function operandLines(): string[] {
  const random = new RandomWords(12);
  const edges = EDGE_FLOATS.filter(isFinite32);
  const near = [0x26000000, 0x53800000].flatMap((bits) =>
    [-0x1000, -0x801, -0x800, -1, 0, 1, 0x7ff, 0x800, 0x801, 0x1000, 0x1800].flatMap((by) => [bits + by, (bits + by + 0x80000000) >>> 0]),
  );
  const ties = Array.from({ length: 60 }, () => ((random.floats(1, 0)[0] as number) & 0xfffff000) + random.pick([0x7ff, 0x800, 0x801]));
  return [...edges, ...near, ...ties.map((bits) => bits >>> 0)].map((bits) => line(bits, round12(bits)));
}

function rowLines(): string[] {
  const random = new RandomWords(9);
  return Array.from({ length: 40 }, () => {
    const seedWords = Array.from({ length: 8 }, () => random.word());
    const order = { seed: toHash(u32be(...seedWords)), slots: 1 + random.below(64), stepsPerRound: 1 + random.below(64), batch: 1 + random.below(64) };
    const rows = random.pick([1, 2, 3, 4, 5, 1000, 4096, 60_000, 2 ** 31, 1 + random.below(2 ** 31)]);
    const [round, slot, step] = [random.below(100), random.below(order.slots), random.below(order.stepsPerRound)];
    const b = random.below(order.batch);
    const row = sampleRows(order, rows, round, slot, step)[b] ?? 0;
    return line(...seedWords, order.slots, order.stepsPerRound, order.batch, rows, round, slot, step, b, row);
  });
}

function pointLine(operation: number, { point, outside, dtype, results, reads }: PointCase): string {
  const words = reads.flatMap(({ dtype: type, place, bits }) => [DTYPES.indexOf(type), place === null ? 0 : 1, place ?? 0, place === null ? 0 : (bits[place] ?? 0)]);
  return line(operation, point.element, point.term, outside ?? NONE, DTYPES.indexOf(dtype), results[0] ?? 0, results[1] ?? 0, ...words);
}

const head = ({ reduction: { reduce, profile, dtype, terms } }: Pick<ReductionCase, 'reduction'>) => [
  REDUCES.indexOf(reduce),
  PROFILES.indexOf(profile),
  DTYPES.indexOf(dtype),
  terms,
];

function stepLine(step: StepCase): string {
  return line(...head(step), step.j, step.machine.term(step.j), step.values[0] ?? 0, step.values[1] ?? 0, ...step.before, ...step.after);
}

function finishLine(it: ReductionCase): string {
  return line(...head(it), it.reduction.reduce === 'mac' && it.reduction.profile !== 'f12' ? 2 * it.reduction.terms : it.reduction.terms, it.result, ...it.last);
}
