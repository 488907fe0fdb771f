/**
 * Where every tensor of a Program lives in one arena. Lifetimes are static, so a tensor's words are used again as soon
 * as its last reader has run.
 */
import { liveBytes } from '#engine/program/liveBytes.ts';
import type { Operation, Program } from '#engine/program/program.ts';
import { emitCopy } from './emitKernel.ts';
import { readsOwnElement } from './emitRead.ts';
import { joinUpdates } from './joinUpdates.ts';
import type { Variant } from './macFormat.ts';
import { type Lifetime, placeBuffers } from './placeBuffers.ts';
import { type KernelPlan, type PlannedKernel, planKernels } from './planKernels.ts';
import type { Tuning } from './tileMac.ts';

export interface MemoryPlan {
  /** Words of a bank: no buffer lies across two (memoryBanks.ts). */
  readonly bank: number;
  readonly kernels: readonly PlannedKernel[];
  readonly words: number;
  /** By buffer: tensors first, then scratch buffers and views of the kernels, and copies of states. */
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
  /** Buffer of each of the Program's outputs at the end of a step. */
  readonly outputs: readonly number[];
}

/** A plan is good enough that needs so much more than tensors alive at once, over them or in words. */
const LITTLE_MORE = { share: 0.2, words: 2 ** 16 };
/** What a mac may take together with the tensors that are alive then, over the most that are alive at once: what is tried, where more is too much. */
const SCRATCH_SHARES = [Infinity, 1.2, 1.1, 1, 0.9];
/** Of the most that are alive at once: so much it may take in any case. */
const LEAST_SCRATCH = 1 / 16;
/** More pieces are worth it where they bring the plan under so much of what it was. */
const LEAST_GAIN = 0.95;

/** `bank`: most words that the device binds in one piece; a multiple of 64. What needs more lies in several banks, and its updates are not joined, as those of one text may then be in different ones. */
export function planMemory(program: Program, tuning: Tuning, variant: Variant = 'fast', bank = Infinity): MemoryPlan {
  const { during, peak } = liveBytes(program);
  const lowerBound = peak / 4;
  const enough = lowerBound + Math.max(LITTLE_MORE.share * lowerBound, LITTLE_MORE.words);
  const homes = inPlaceHomes(program);
  let least: MemoryPlan | null = null;
  let pieces = -1;
  for (const share of SCRATCH_SHARES) {
    const planned = planKernels(program, tuning, variant, (number) => Math.max(LEAST_SCRATCH * lowerBound, share * lowerBound - (during[number] as number) / 4));
    if (planned.pieces === pieces) continue;
    ({ pieces } = planned);
    const plan = placeIn(bank, program, homes, planned);
    if (plan.words <= enough) return plan;
    if (!least || plan.words < LEAST_GAIN * least.words) least = plan;
  }
  return least as MemoryPlan;
}

function placeIn(bank: number, program: Program, homes: ReadonlyMap<number, number>, planned: KernelPlan): MemoryPlan {
  const joined = placeAll(program, homes, { ...planned, kernels: joinUpdates(planned.kernels, program) }, Infinity);
  return joined.words <= bank ? joined : placeAll(program, homes, planned, bank);
}

export const banksOf = ({ words, bank }: MemoryPlan) => Math.max(1, Math.ceil(words / bank));

function placeAll(program: Program, homes: ReadonlyMap<number, number>, { kernels, sizes: planned, views }: KernelPlan, bank: number): MemoryPlan {
  const sizes = [...planned];
  const { moves, outputs } = moveStates(program, homes, (buffer) => sizes.push(sizes[buffer] as number) - 1);
  const copies = moves.map(
    ({ from, to }): PlannedKernel => ({
      label: 'state',
      number: 0,
      reads: [from],
      writes: [to],
      emit: (offsetOf) => emitCopy(offsetOf(from), offsetOf(to), sizes[from] as number),
    }),
  );
  const all = [...kernels, ...copies];
  const lifetimes = lifetimesOf(program, all, outputs);
  const buffers = [...lifetimes.keys()].filter((buffer) => !homes.has(buffer));
  const { offsets: places, words } = placeBuffers(
    buffers.map((buffer) => ({ ...(lifetimes.get(buffer) as Span), words: sizes[buffer] as number })),
    bank,
  );
  const offsets: number[] = [];
  for (const [k, buffer] of buffers.entries()) offsets[buffer] = places[k] as number;
  for (const [next, state] of homes) offsets[next] = offsets[state] as number;
  for (const [view, { of, at }] of views) offsets[view] = (offsets[of] as number) + at;
  return { kernels: all, words, offsets, sizes, outputs, bank };
}

type Span = Omit<Lifetime, 'words'>;

/** First and last kernel that touches each buffer: from the first on for what a step is given, to the end for what it gives. */
function lifetimesOf(program: Program, kernels: readonly PlannedKernel[], outputs: readonly number[]): Map<number, Span> {
  const spans = new Map<number, Span>();
  kernels.forEach(({ reads, writes }, k) => {
    for (const buffer of [...reads, ...writes]) spans.set(buffer, { begin: spans.get(buffer)?.begin ?? k, end: k });
  });
  const end = kernels.length;
  for (const buffer of [...outputs, ...program.state.map(({ next }) => next)]) spans.set(buffer, { begin: spans.get(buffer)?.begin ?? 0, end });
  for (const { tensor } of [...program.inputs, ...program.state]) spans.set(tensor, { begin: 0, end });
  return spans;
}

interface Move {
  readonly from: number;
  readonly to: number;
}

/**
 * Copies at the end of a step. All states change at once, and outputs are from before they do: so a state that is
 * another's next value, or an output, is kept in a buffer of its own first.
 */
function moveStates(program: Program, homes: ReadonlyMap<number, number>, copyBuffer: (of: number) => number): { moves: Move[]; outputs: number[] } {
  const changing = program.state.filter((slot) => slot.next !== slot.tensor);
  const changed = new Set(changing.map((slot) => slot.tensor));
  const kept = new Map<number, number>();
  const keep = (tensor: number): number => {
    if (!changed.has(tensor)) return tensor;
    const buffer = kept.get(tensor) ?? copyBuffer(tensor);
    kept.set(tensor, buffer);
    return buffer;
  };
  const outputs = program.outputs.map(({ tensor }) => keep(tensor));
  const changes = changing.filter(({ next }) => !homes.has(next)).map(({ next, tensor }): Move => ({ from: keep(next), to: tensor }));
  return { moves: [...[...kept].map(([from, to]): Move => ({ from, to })), ...changes], outputs };
}

/**
 * Next states that may be written over the state itself: the operation reads the state only at the element that it
 * writes, or not at all, and nothing reads the state later. Maps next to state.
 */
function inPlaceHomes(program: Program): Map<number, number> {
  const homes = new Map<number, number>();
  // Their values are wanted once more at the end of the step.
  const wanted = new Set([...program.outputs.map((output) => output.tensor), ...program.state.flatMap(({ tensor, next }) => (next === tensor ? [] : [next]))]);
  for (const { tensor, next } of program.state) {
    if (next === tensor || homes.has(next) || program.state.some((other) => other.tensor === next)) continue;
    const writer = program.operations.findIndex((operation) => operation.out === next);
    if (writer < 0 || wanted.has(tensor)) continue;
    const readLater = program.operations.some((operation, k) => k > writer && operation.reads.some((read) => read.tensor === tensor));
    const operation = program.operations[writer] as Operation;
    const inPlace = operation.reads.every((read) => read.tensor !== tensor || (operation.reduce === 'none' && readsOwnElement(operation, read)));
    // Another state's next must not be this tensor's value taken from the same place.
    const sharedNext = program.state.filter((other) => other.next === next).length > 1;
    if (!readLater && inPlace && !sharedNext) homes.set(next, tensor);
  }
  return homes;
}
