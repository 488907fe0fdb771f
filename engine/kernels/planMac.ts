/** The kernels of one mac whose operands are laid out: mantissas where a profile has them, products, sums of split blocks; in pieces where that would take too much scratch memory. */
import type { Operation, Profile } from '#engine/program/program.ts';
import type { KernelPlace } from './emitKernel.ts';
import { emitGroupMac } from './emitGroupMac.ts';
import { emitBlockSum, emitMac } from './emitMac.ts';
import type { OffsetOf } from './emitRead.ts';
import type { LaidOperand } from './layOperand.ts';
import { areWorthLaying, emitMantissas, layMantissas } from './layMantissas.ts';
import type { MacKernel, MacPlace } from './macCells.ts';
import { type MacFormat, mantissaFormat } from './macFormat.ts';
import { type MacPiece, macPieces } from './macPieces.ts';
import type { PlannedKernel } from './planKernels.ts';
import { QUAD } from './quads.ts';
import { tileMac, type Tuning } from './tileMac.ts';

export interface MacPlanner {
  /** Of the operation in the Program. */
  readonly number: number;
  readonly profile: Profile;
  readonly format: MacFormat;
  readonly tuning: Tuning;
  readonly kernels: PlannedKernel[];
  readonly layOnce: (operand: LaidOperand) => number;
  /** Buffers of what is laid out, by key. */
  readonly laid: Map<string, number>;
  readonly scratch: (words: number) => number;
  readonly view: (of: number, at: number) => number;
  readonly placeAt: (offsetOf: OffsetOf) => KernelPlace;
  /** Words of scratch memory beyond which it is computed in pieces, and how many those may be. */
  readonly mostScratch: number;
  readonly mostPieces: number;
}

type Pair<T> = readonly [T, T];

/** How a piece is computed. */
interface Schedule extends Pick<MacKernel, 'tiling' | 'format'> {
  readonly piece: MacPiece;
  /** Null where factors are taken from the operands as they are. */
  readonly mantissas: Pair<LaidOperand> | null;
  /** Of block results; 0 where blocks are not split. */
  readonly blockWords: number;
  /** Of those and the mantissas. */
  readonly scratchWords: number;
}

const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);
const inPair = <T>(make: (factor: 0 | 1) => T): Pair<T> => [make(0), make(1)];

/** Adds its kernels; how many pieces it is computed in. */
export function planMac(operation: Operation, operands: Pair<LaidOperand>, planner: MacPlanner): number {
  const { profile, tuning, mostScratch, mostPieces } = planner;
  const lay = profile !== 'f12' && areWorthLaying(operation, layMantissas(operation, operands, profile)) ? profile : null;
  const scheduleOf = (piece: MacPiece): Schedule => {
    const mantissas =
      lay &&
      layMantissas(
        piece.operation,
        inPair((factor) => moved(piece, factor)),
        lay,
      );
    const format = lay ? mantissaFormat(lay) : planner.format;
    const tiling = tileMac(piece.operation, mantissas ?? inPair((factor) => inView(piece, factor).operand), format.block, !format.sharedExponent, tuning);
    const blockWords = tiling.splits > 1 ? product(piece.operation.shape) * Math.ceil(product(operation.extents) / format.block) : 0;
    const scratchWords = (mantissas ?? []).reduce((sum, { words }) => sum + words, blockWords);
    return { piece, mantissas, format, tiling, blockWords, scratchWords };
  };
  const pieces = macPieces({ operation, operands, operandsAt: [0, 0], outAt: 0 }, scheduleOf, mostScratch, mostPieces);
  pieces.forEach((schedule, k) => planPiece(schedule, k === pieces.length - 1, planner));
  return pieces.length;
}

/** An operand of a piece, in the copy of the whole. */
function moved({ operands, operandsAt }: MacPiece, factor: 0 | 1): LaidOperand {
  const operand = operands[factor];
  return { ...operand, base: operand.base + operandsAt[factor] };
}

/** The same as the whole's, in a view of the copy that begins at `at`, where views may begin there. */
function inView(piece: MacPiece, factor: 0 | 1): { operand: LaidOperand; at: number } {
  const at = piece.operandsAt[factor];
  return at % QUAD === 0 ? { operand: piece.operands[factor], at } : { operand: moved(piece, factor), at: 0 };
}

function planPiece({ piece, mantissas, format, tiling, blockWords }: Schedule, isLast: boolean, planner: MacPlanner): void {
  const { number, kernels, layOnce, scratch, view, placeAt } = planner;
  const { operation, outAt } = piece;
  const { label, out } = operation;
  const copies = inPair((factor) => (mantissas ? planMantissas(piece, factor, mantissas[factor], planner) : layOnce(piece.operands[factor])));
  const places = inPair((factor) => (mantissas ? { operand: mantissas[factor], at: 0 } : inView(piece, factor)));
  const copyViews = inPair((factor) => view(copies[factor], places[factor].at));
  const outView = view(out, outAt);
  const kernel: MacKernel = { operation, operands: inPair((factor) => places[factor].operand), tiling, format };
  const blocks = blockWords > 0 ? scratch(blockWords) : null;
  const placed = (offsetOf: OffsetOf): MacPlace => ({
    ...placeAt((buffer) => offsetOf(buffer === out ? outView : buffer)),
    copies: inPair((factor) => offsetOf(copyViews[factor])),
    blockResults: blocks === null ? '' : offsetOf(blocks),
  });
  const gives = isLast ? [number] : [];
  const views = [...copyViews, outView];
  kernels.push({
    label,
    number,
    gives: blocks === null ? gives : [],
    points: product(operation.shape) * product(operation.extents),
    reads: copies,
    writes: [blocks ?? out],
    views: blocks === null ? views : copyViews,
    emit: (offsetOf) => (tiling.grouped ? emitGroupMac : emitMac)(kernel, placed(offsetOf)),
  });
  if (blocks === null) return;
  kernels.push({ label: `${label}, blocks`, number, gives, reads: [blocks, ...copies], writes: [out], views, emit: (offsetOf) => emitBlockSum(kernel, placed(offsetOf)) });
}

/** Buffer of an operand's mantissas, made once for all products that walk over it in the same way. */
function planMantissas(piece: MacPiece, factor: 0 | 1, mantissas: LaidOperand, { profile, kernels, layOnce, laid, scratch, view }: MacPlanner): number {
  const plain = piece.operands[factor];
  const kept = laid.get(mantissas.key);
  if (kept !== undefined || profile === 'f12') return kept ?? layOnce(plain);
  const source = plain.isWhole ? plain.read.tensor : layOnce(plain);
  const { operand, at } = 'perWords' in mantissas.exponentSteps ? { operand: plain, at: 0 } : inView(piece, factor);
  const from = view(source, at);
  const target = scratch(mantissas.words);
  laid.set(mantissas.key, target);
  kernels.push({
    label: 'mantissas',
    number: 0,
    reads: [source],
    writes: [target],
    views: [from],
    emit: (offsetOf) => emitMantissas(piece.operation, operand, mantissas, profile, offsetOf(from), offsetOf(target)),
  });
  return target;
}
