/** A mac whose scratch memory would be large, as several of a part of its outputs each, one after the other in the same memory. */
import type { Operation } from '#engine/program/program.ts';
import { rowMajorStrides } from '#engine/numerics/readChunk.ts';
import type { LaidOperand } from './layOperand.ts';
import { QUAD } from './quads.ts';

export interface MacPiece {
  /** Its shape is the piece's. */
  readonly operation: Operation;
  /** Of the whole; how many words further the piece's begin. */
  readonly operands: readonly [LaidOperand, LaidOperand];
  readonly operandsAt: readonly [number, number];
  /** Words of the result before the piece: pieces are stretches of it, each from a multiple of four words on (quads.ts). */
  readonly outAt: number;
}

/** Of the whole's scratch memory: what pieces need is no more, or they are not worth it. */
const LEAST_GAIN = 0.75;

/** How a piece is computed. */
interface Scheduled {
  readonly scratchWords: number;
}

/** Schedules of the fewest pieces, up to `mostPieces`, that need `most` words of scratch memory each; of the whole, where pieces would save little. */
export function macPieces<S extends Scheduled>(whole: MacPiece, scheduleOf: (piece: MacPiece) => S, most: number, mostPieces: number): S[] {
  const schedule = scheduleOf(whole);
  const needed = schedule.scratchWords;
  const axis = whole.operation.shape.findIndex((extent) => extent > 1);
  if (needed <= most || axis < 0 || mostPieces < 2) return [schedule];
  const extent = whole.operation.shape[axis] as number;
  const counts = Array.from({ length: Math.min(extent, mostPieces) - 1 }, (_, k) => k + 2);
  const stride = rowMajorStrides(whole.operation.shape)[axis] as number;
  const step = [1, 2, QUAD].find((places) => (places * stride) % QUAD === 0) as number;
  const sizes = counts.map((count) => Math.ceil(extent / count / step) * step);
  const size = sizes.find((one) => one < extent && scheduleOf(partOf(whole, axis, 0, one)).scratchWords <= most) ?? (sizes.at(-1) as number);
  if (size >= extent) return [schedule];
  const parts = Array.from({ length: Math.ceil(extent / size) }, (_, k) => partOf(whole, axis, k * size, Math.min(size, extent - k * size)));
  if (scheduleOf(parts[0] as MacPiece).scratchWords > LEAST_GAIN * needed) return [schedule];
  return parts.flatMap((part) => macPieces(part, scheduleOf, most, Math.floor(mostPieces / parts.length)));
}

/** `axis`: the first that is longer than 1, so that a stretch of it is a stretch of the result. */
function partOf({ operation, operands, operandsAt, outAt }: MacPiece, axis: number, start: number, size: number): MacPiece {
  const moved = (factor: 0 | 1) => operandsAt[factor] + start * (operands[factor].steps[axis] as number);
  return {
    operation: { ...operation, shape: operation.shape.map((extent, at) => (at === axis ? size : extent)) },
    operands,
    operandsAt: [moved(0), moved(1)],
    outAt: outAt + start * (rowMajorStrides(operation.shape)[axis] as number),
  };
}
