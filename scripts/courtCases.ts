/** What the court is asked in a dispute, with the law's answers: operations at points (D4), and steps of their reductions (D5), of random Programs. */
import { encodeOperation } from '#engine/program/encodeProgram.ts';
import type { DType, Operation, Profile, Reduce } from '#engine/program/program.ts';
import { randomProgram } from '#engine/program/randomProgram.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import { evaluatePoint, type Point } from '#swarm/dispute/evaluatePoint.ts';
import { type Prefix, type PrefixMachine, prefixMachine, type Reduction } from '#swarm/dispute/prefixMachine.ts';
import { createStepTracer, readTypes, resultType } from '#swarm/dispute/traceStep.ts';

export interface ReadCase {
  readonly dtype: DType;
  /** Flat element where the read is inside its tensor, else null. */
  readonly place: number | null;
  /** The tensor that is read. */
  readonly bits: Uint32Array;
}

export interface PointCase {
  readonly operation: Operation;
  /** Canonical bytes (P2). */
  readonly bytes: Uint8Array;
  readonly point: Point;
  readonly reads: readonly ReadCase[];
  readonly results: readonly number[];
  /** Of the first result. */
  readonly dtype: DType;
  readonly outside: number | null;
}

export interface StepCase {
  readonly reduction: Reduction;
  readonly machine: PrefixMachine;
  readonly j: number;
  readonly values: readonly number[];
  readonly before: Prefix;
  readonly after: Prefix;
}

export interface ReductionCase {
  readonly reduction: Reduction;
  readonly last: Prefix;
  /** Bits of the output's element: the reference's, not the machine's. */
  readonly result: number;
  readonly steps: readonly StepCase[];
}

const product = (shape: readonly number[]) => shape.reduce((total, extent) => total * extent, 1);

/** Tensors of `randomProgram` that are replaced in half of the cases: indices, so that gathers leave their range, and floats by words that need not be canonical. */
const INDICES = 0;
const EDGES = 5;
const NOT_CANONICAL = [0x80000000, 1, 0x007fffff, 0x00ffffff, 0x80ffffff, 0x7f800001, 0xffc00000, 0x7fffffff];

/** Random points of a random Program's operations. */
export function pointCases(seed: number, profile: Profile, perOperation: number): PointCase[] {
  const { program, state, steps } = randomProgram(seed, 1, profile);
  const { tensors } = createStepTracer(program).trace(state, steps[0] ?? []);
  const random = new RandomWords(seed);
  return program.operations.flatMap((operation, k) =>
    Array.from({ length: perOperation }, () => {
      const point = { element: random.below(product(operation.shape)), term: random.below(product(operation.extents)) };
      const odd = random.below(2) === 0;
      const wild = tensors.map((bits, tensor) => {
        if (!odd) return bits;
        // Under, at, and over the ends of the dimensions that are gathered from.
        if (tensor === INDICES) return bits.map(() => (random.below(4) === 0 ? random.word() : random.below(11) - 1));
        return tensor === EDGES ? bits.map(() => random.pick(NOT_CANONICAL)) : bits;
      });
      const dtypes = readTypes(program, k);
      const places = new Map<number, number>();
      const { results, outside } = evaluatePoint(operation, dtypes, point, (read, place) => {
        places.set(read, place);
        return wild[operation.reads[read]?.tensor ?? 0]?.[place] ?? 0;
      });
      const reads = operation.reads.map((read, place) => ({ dtype: dtypes[place] ?? 'f32', place: places.get(place) ?? null, bits: wild[read.tensor] ?? new Uint32Array(0) }));
      return { operation, bytes: encodeOperation(operation), point, reads, results, dtype: resultType(program, k), outside };
    }),
  );
}

/** One element of each reducing operation, reduced term by term; some of its steps. Ends of blocks and of the list are among them. */
export function reductionCases(seed: number, profile: Profile, stepsEach: number): ReductionCase[] {
  const { program, state, steps: inputs } = randomProgram(seed, 1, profile);
  const { tensors } = createStepTracer(program).trace(state, inputs[0] ?? []);
  const random = new RandomWords(seed);
  return program.operations.flatMap((operation, k) => {
    if (operation.reduce === 'none') return [];
    const dtypes = readTypes(program, k);
    const element = random.below(product(operation.shape));
    const valuesAt = (term: number) => evaluatePoint(operation, dtypes, { element, term }, (read, place) => tensors[operation.reads[read]?.tensor ?? 0]?.[place] ?? 0).results;
    const reduction: Reduction = { reduce: operation.reduce, profile, dtype: resultType(program, k), terms: product(operation.extents) };
    return [reduceByTerms(reduction, valuesAt, tensors[operation.out]?.[element] ?? 0, wantedSteps(random, reduction, stepsEach))];
  });
}

/** Reductions over words that a Program seldom has: edges, infinities, cancellation. The result is the machine's. */
export function edgeReductionCases(seed: number, stepsEach: number): ReductionCase[] {
  const random = new RandomWords(seed);
  const reduces: readonly Exclude<Reduce, 'none'>[] = ['sum', 'max', 'argmax', 'mac'];
  return reduces.flatMap((reduce) =>
    (reduce === 'mac' ? (['f12', 'e11', 'e10'] as const) : (['f12'] as const)).map((profile) => {
      const terms = random.pick([1, 2, 15, 16, 17, 32, 33, 64, 65, 130, 200, 1024, 1025]);
      const dtype: DType = reduce === 'max' || reduce === 'argmax' ? random.pick(['f32', 'i32', 'u32'] as const) : 'f32';
      const wild = random.pick([0, 0, 1, 5]);
      const draw = () => (dtype === 'f32' ? (random.floats(1, wild)[0] as number) : (random.integers(1)[0] as number));
      const values = Array.from({ length: terms }, () => [draw(), draw()]);
      const reduction = { reduce, profile, dtype, terms };
      return reduceByTerms(reduction, (term) => values[term] ?? [], null, wantedSteps(random, reduction, stepsEach));
    }),
  );
}

function wantedSteps(random: RandomWords, reduction: Reduction, count: number): ReadonlySet<number> {
  const steps = prefixMachine(reduction).count;
  return new Set([0, steps - 1, ...Array.from({ length: count }, () => random.pick([random.below(steps), Math.min(steps - 1, random.pick([15, 16, 31, 32, 63, 64, 127, 128]))]))]);
}

function reduceByTerms(reduction: Reduction, valuesAt: (term: number) => readonly number[], result: number | null, wanted: ReadonlySet<number>): ReductionCase {
  const machine = prefixMachine(reduction);
  const steps: StepCase[] = [];
  let prefix = machine.start;
  for (let j = 0; j < machine.count; j++) {
    const values = valuesAt(machine.term(j));
    const after = machine.step(prefix, j, values);
    if (wanted.has(j)) steps.push({ reduction, machine, j, values, before: prefix, after });
    prefix = after;
  }
  return { reduction, last: prefix, result: result ?? machine.finish(prefix), steps };
}
