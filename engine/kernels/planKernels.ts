/** Which kernels run a Program's step, in order, and which scratch buffers they need. */
import { SUM_BLOCK } from '#engine/numerics/treeSum.ts';
import type { Operation, Profile, Program } from '#engine/program/program.ts';
import { typeBody } from '#engine/program/typeBody.ts';
import { type Body, emitKernel, type Kernel, type KernelPlace, shellOf } from './emitKernel.ts';
import { emitFirstSums, emitNextSums } from './emitSum.ts';
import { emitMaps, type FusedMap, groupMaps } from './fuseMaps.ts';
import { emitGroupMac } from './emitGroupMac.ts';
import { emitBlockSum, emitMac } from './emitMac.ts';
import type { MacKernel, MacPlace } from './macCells.ts';
import type { OffsetOf } from './emitRead.ts';
import { emitLayout, type LaidOperand, layOperands } from './layOperand.ts';
import { areWorthLaying, emitMantissas, layMantissas } from './layMantissas.ts';
import { planFactors } from './planFactors.ts';
import { type MacPiece, macPieces } from './macPieces.ts';
import { type MacFormat, macFormat, mantissaFormat, type Variant } from './macFormat.ts';
import { tileMac, type Tuning } from './tileMac.ts';

export interface PlannedKernel {
  /** For people who look at times. */
  readonly label: string;
  /** Buffers: tensors by number, then scratch. */
  readonly reads: readonly number[];
  readonly writes: readonly number[];
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

/** Words of an operation's scratch memory beyond which a mac is computed in pieces, as far as that saves memory. */
export type MostScratch = (operation: number) => number;

export function planKernels(program: Program, tuning: Tuning, variant: Variant, mostScratch: MostScratch): { kernels: PlannedKernel[]; sizes: number[] } {
  const sizes = program.tensors.map((tensor) => product(tensor.shape));
  const watched = new Set([...program.outputs.map((output) => output.tensor), ...program.state.map((slot) => slot.next)]);
  const kernels: PlannedKernel[] = [];
  const format = macFormat(program.profile, variant);
  const copyOf = new Map<string, number>();
  const scratch = (words: number) => sizes.push(words) - 1;
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
      planMac(operation, operands, { number, profile: program.profile, format, tuning, kernels, layOnce, laid: copyOf, scratch, placeAt, mostScratch: mostScratch(number) });
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
  return { kernels, sizes };
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

interface Planner {
  readonly format: MacFormat;
  readonly number: number;
  readonly tuning: Tuning;
  readonly kernels: PlannedKernel[];
  readonly profile: Profile;
  readonly layOnce: (operand: LaidOperand) => number;
  /** Buffers of what is laid out, by key. */
  readonly laid: Map<string, number>;
  readonly scratch: (words: number) => number;
  readonly placeAt: (offsetOf: OffsetOf) => KernelPlace;
  readonly mostScratch: number;
}

function planMac(operation: Operation, operands: readonly [LaidOperand, LaidOperand], planner: Planner): void {
  const { profile, tuning, mostScratch } = planner;
  const lay = profile !== 'f12' && areWorthLaying(operation, layMantissas(operation, operands, profile)) ? profile : null;
  const schedule = (piece: MacPiece): MacSchedule => {
    const mantissas = lay && layMantissas(piece.operation, piece.operands, lay);
    const format = lay ? mantissaFormat(lay) : planner.format;
    const tiling = tileMac(piece.operation, mantissas ?? piece.operands, format.block, !format.sharedExponent, tuning);
    const blockWords = tiling.splits > 1 ? product(piece.operation.shape) * Math.ceil(product(operation.extents) / format.block) : 0;
    return { piece, mantissas, format, tiling, blockWords };
  };
  const scratchOf = (piece: MacPiece) => {
    const { mantissas, blockWords } = schedule(piece);
    return (mantissas ?? []).reduce((sum, { words }) => sum + words, blockWords);
  };
  const pieces = macPieces({ operation, operands, outAt: 0 }, scratchOf, mostScratch);
  pieces.forEach((piece, k) => planPiece(schedule(piece), k === pieces.length - 1, planner));
}

/** How a piece of a mac is computed. */
interface MacSchedule extends Pick<MacKernel, 'tiling' | 'format'> {
  readonly piece: MacPiece;
  /** Null where factors are taken from the operands as they are. */
  readonly mantissas: readonly [LaidOperand, LaidOperand] | null;
  /** Of block results; 0 where blocks are not split. */
  readonly blockWords: number;
}

function planPiece({ piece, mantissas, format, tiling, blockWords }: MacSchedule, isLast: boolean, planner: Planner): void {
  const { number, kernels, layOnce, scratch, placeAt } = planner;
  const { operation, operands: plain, outAt } = piece;
  const copies = ([0, 1] as const).map((factor) => (mantissas ? planMantissas(operation, plain[factor], mantissas[factor], planner) : layOnce(plain[factor]))) as [number, number];
  const kernel = { operation, operands: mantissas ?? plain, tiling, format };
  const { label, out } = operation;
  const blocks = blockWords > 0 ? scratch(blockWords) : null;
  const placed =
    (offsetOf: OffsetOf): OffsetOf =>
    (buffer) =>
      buffer === out && outAt > 0 ? `(${offsetOf(buffer)} + ${outAt})` : offsetOf(buffer);
  const macPlace = (offsetOf: OffsetOf): MacPlace => ({
    ...placeAt(placed(offsetOf)),
    copies: [offsetOf(copies[0]), offsetOf(copies[1])],
    blockResults: blocks === null ? '' : offsetOf(blocks),
  });
  const gives = isLast ? [number] : [];
  kernels.push({
    label,
    number,
    gives: blocks === null ? gives : [],
    points: pointsOf(operation),
    reads: copies,
    writes: [blocks ?? out],
    emit: (offsetOf) => (tiling.grouped ? emitGroupMac : emitMac)(kernel, macPlace(offsetOf)),
  });
  if (blocks !== null)
    kernels.push({ label: `${label}, blocks`, number, gives, reads: [blocks, ...copies], writes: [out], emit: (offsetOf) => emitBlockSum(kernel, macPlace(offsetOf)) });
}

/** Buffer of an operand's mantissas, made once for all products that walk over it in the same way. */
function planMantissas(operation: Operation, plain: LaidOperand, mantissas: LaidOperand, { profile, kernels, layOnce, laid, scratch }: Planner): number {
  const kept = laid.get(mantissas.key);
  if (kept !== undefined || profile === 'f12') return kept ?? layOnce(plain);
  const source = plain.isWhole ? plain.read.tensor : layOnce(plain);
  const target = scratch(mantissas.words);
  laid.set(mantissas.key, target);
  kernels.push({
    label: 'mantissas',
    number: 0,
    reads: [source],
    writes: [target],
    emit: (offsetOf) => emitMantissas(operation, plain, mantissas, profile, offsetOf(source), offsetOf(target)),
  });
  return target;
}

const isLongSum = ({ reduce, shape, extents }: Operation, tuning: Tuning) => reduce === 'sum' && product(extents) > SUM_BLOCK && product(shape) < tuning.leastInvocations;

/** One pass a level of the tree. */
function planSum(operation: Operation, { number, kernels, scratch, placeAt }: Pick<Planner, 'number' | 'kernels' | 'scratch' | 'placeAt'>): void {
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
export function buffersOf({ reads, writes }: PlannedKernel): number[] {
  return [...new Set([...reads, ...writes])];
}
