/** Which kernels run a Program's step, in order, and which scratch buffers they need. */
import { SUM_BLOCK } from '#engine/numerics/treeSum.ts';
import type { Operation, Program } from '#engine/program/program.ts';
import { typeBody } from '#engine/program/typeBody.ts';
import { type Body, emitKernel, type Kernel, type KernelPlace, shellOf } from './emitKernel.ts';
import { emitFirstSums, emitNextSums } from './emitSum.ts';
import { emitMaps, type FusedMap, groupMaps } from './fuseMaps.ts';
import type { OffsetOf } from './emitRead.ts';
import { emitLayout, type LaidOperand, layOperands } from './layOperand.ts';
import { planFactors } from './planFactors.ts';
import { macFormat, type Variant } from './macFormat.ts';
import { planMac } from './planMac.ts';
import type { Tuning } from './tileMac.ts';

export interface PlannedKernel {
  /** For people who look at times. */
  readonly label: string;
  /** Buffers: tensors by number, then scratch. */
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** Views of those. */
  readonly views?: readonly number[];
  /** Of the operation in the Program, for reports. */
  readonly number: number;
  /** Operations whose results it gives, in order; none where it only prepares. */
  readonly gives?: readonly number[];
  /** Of its iteration space, where that is more than it writes. */
  readonly points?: number;
  readonly emit: (offsetOf: OffsetOf) => Kernel;
  /** Where it may be joined with others of its kind (joinUpdates.ts). */
  readonly body?: (offsetOf: OffsetOf) => Body;
  /** Those that were joined. */
  readonly twins?: readonly PlannedKernel[];
}

const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);

const pointsOf = ({ shape, extents }: Operation) => product(shape) * product(extents);

/** Part of a buffer, from a multiple of four words on (quads.ts), as a buffer of its own: kernels that differ only in the part have one text. */
export interface View {
  readonly of: number;
  readonly at: number;
}

export interface KernelPlan {
  readonly kernels: PlannedKernel[];
  /** Words, by buffer: tensors first, then scratch buffers and views. */
  readonly sizes: number[];
  readonly views: ReadonlyMap<number, View>;
  /** Of all macs together. */
  readonly pieces: number;
}

/** Of one mac, and of all: more dispatches would cost more than the memory is worth. */
const MOST_PIECES = 16;
const MOST_PIECES_IN_ALL = 2048;

/** Words of an operation's scratch memory beyond which a mac is computed in pieces, as far as that saves memory. */
type MostScratch = (operation: number) => number;

export function planKernels(program: Program, tuning: Tuning, variant: Variant, mostScratch: MostScratch): KernelPlan {
  const sizes = program.tensors.map((tensor) => product(tensor.shape));
  const views = new Map<number, View>();
  const macs = program.operations.filter(({ reduce }) => reduce === 'mac').length;
  const mostPieces = Math.min(MOST_PIECES, Math.floor(MOST_PIECES_IN_ALL / Math.max(1, macs)));
  let pieces = 0;
  const watched = new Set([...program.outputs.map((output) => output.tensor), ...program.state.map((slot) => slot.next)]);
  const kernels: PlannedKernel[] = [];
  const format = macFormat(program.profile, variant);
  const copyOf = new Map<string, number>();
  const scratch = (words: number) => sizes.push(words) - 1;
  const view = (of: number, at: number) => {
    if (at === 0) return of;
    const number = sizes.push((sizes[of] as number) - at) - 1;
    views.set(number, { of, at });
    return number;
  };
  const layOnce = (operand: LaidOperand): number => {
    const kept = copyOf.get(operand.key);
    if (kept !== undefined) return kept;
    const copy = scratch(operand.words);
    copyOf.set(operand.key, copy);
    kernels.push({ label: 'operand', number: 0, reads: [operand.read.tensor], writes: [copy], emit: (offsetOf) => emitLayout(operand, format.rounded, offsetOf(copy), offsetOf) });
    return copy;
  };
  const isWatched = ({ out }: Operation) => watched.has(out) && program.tensors[out]?.dtype === 'f32';
  const lastReader = lastReaders(program);
  for (const group of groupMaps(program)) {
    const [number] = group as [number];
    const operation = program.operations[number] as Operation;
    if (operation.reduce === 'none') {
      kernels.push(planMaps(program, group, { lastReader, isWatched, mapsInFours: tuning.mapsInFours }));
      continue;
    }
    const placeAt = (offsetOf: OffsetOf): KernelPlace => ({
      offsetOf,
      watched: isWatched(operation),
      resultType: resultTypeOf(program, operation),
      variant,
    });
    const plain = operation.reduce === 'mac' ? layOperands(operation) : null;
    const operands = plain ?? (operation.reduce === 'mac' ? planFactors(operation, format.sharedExponent, { number, kernels, scratch }) : null);
    if (isLongSum(operation, tuning)) planSum(operation, { number, kernels, scratch, placeAt });
    else if (operands)
      pieces += planMac(operation, operands, {
        number,
        profile: program.profile,
        format,
        tuning,
        kernels,
        layOnce,
        laid: copyOf,
        scratch,
        view,
        placeAt,
        mostScratch: mostScratch(number),
        mostPieces,
      });
    else
      kernels.push({
        label: operation.label,
        number,
        gives: [number],
        points: pointsOf(operation),
        reads: operation.reads.map((read) => read.tensor),
        writes: [operation.out],
        emit: (offsetOf) => emitKernel(operation, placeAt(offsetOf)),
      });
  }
  return { kernels, sizes, views, pieces };
}

/** Number of the last operation that reads a tensor; beyond all where the step's end wants it. */
function lastReaders(program: Program): Map<number, number> {
  const last = new Map<number, number>();
  program.operations.forEach(({ reads }, number) => {
    for (const read of reads) last.set(read.tensor, number);
  });
  for (const tensor of [...program.outputs.map((output) => output.tensor), ...program.state.map(({ next }) => next)]) last.set(tensor, program.operations.length);
  return last;
}

interface MapsPlanner {
  readonly lastReader: ReadonlyMap<number, number>;
  readonly isWatched: (operation: Operation) => boolean;
  readonly mapsInFours: boolean;
}

/** Several maps in one pass. A result that only the group itself reads is never stored. */
function planMaps(program: Program, group: readonly number[], { lastReader, isWatched, mapsInFours }: MapsPlanner): PlannedKernel {
  const first = group[0] as number;
  const operations = group.map((number) => program.operations[number] as Operation);
  const outs = new Set(operations.map(({ out }) => out));
  const last = first + group.length - 1;
  const members: readonly FusedMap[] = operations.map((operation, k) => ({
    operation,
    number: k,
    watched: isWatched(operation),
    stored: (lastReader.get(operation.out) ?? -1) > last,
  }));
  const body = (offsetOf: OffsetOf) => emitMaps(members, mapsInFours, offsetOf);
  return {
    label: operations.length > 1 ? `${(operations.at(-1) as Operation).label}, and ${operations.length - 1} before it` : (operations[0] as Operation).label,
    number: first,
    gives: group,
    points: operations.length * product((operations[0] as Operation).shape),
    reads: operations.flatMap(({ reads }) => reads.map((read) => read.tensor)).filter((tensor) => !outs.has(tensor)),
    writes: members.filter(({ stored }) => stored).map(({ operation }) => operation.out),
    emit: (offsetOf) => shellOf(body(offsetOf)),
    body,
  };
}

function resultTypeOf(program: Program, operation: Operation) {
  const readTypes = operation.reads.map((read) => program.tensors[read.tensor]?.dtype ?? 'f32');
  return typeBody(operation.body, readTypes, operation.shape.length + operation.extents.length)[operation.results[0] as number] ?? 'f32';
}

const isLongSum = ({ reduce, shape, extents }: Operation, tuning: Tuning) => reduce === 'sum' && product(extents) > SUM_BLOCK && product(shape) < tuning.leastInvocations;

interface SumPlanner {
  readonly number: number;
  readonly kernels: PlannedKernel[];
  readonly scratch: (words: number) => number;
  readonly placeAt: (offsetOf: OffsetOf) => KernelPlace;
}

/** One pass a level of the tree. */
function planSum(operation: Operation, { number, kernels, scratch, placeAt }: SumPlanner): void {
  const { label, out } = operation;
  const elements = product(operation.shape);
  let count = Math.ceil(product(operation.extents) / SUM_BLOCK);
  let from = scratch(elements * count);
  const first = from;
  kernels.push({
    label: `${label}, blocks`,
    number,
    points: pointsOf(operation),
    reads: operation.reads.map((read) => read.tensor),
    writes: [first],
    emit: (offsetOf) => emitFirstSums(operation, placeAt(offsetOf), offsetOf(first)),
  });
  while (count > 1) {
    const level = { from, count };
    count = Math.ceil(count / SUM_BLOCK);
    const to = count === 1 ? out : scratch(elements * count);
    kernels.push({
      label,
      number,
      gives: count === 1 ? [number] : [],
      reads: [level.from],
      writes: [to],
      emit: (offsetOf) => emitNextSums(operation, placeAt(offsetOf), offsetOf(level.from), offsetOf(to), level.count),
    });
    from = to;
  }
}

/** A kernel's buffers by slot: what `offsetName` counts. */
export function buffersOf({ reads, writes, views = [] }: PlannedKernel): number[] {
  return [...new Set([...reads, ...writes, ...views])];
}
