/**
 * Memory in fours: where a mac's operands and results lie so that four words are wanted together, one load or store moves
 * them. On software devices it costs little more than one word's; graphics processors do so too.
 */
import { rowMajorStrides } from '#engine/numerics/readChunk.ts';
import type { Operation } from '#engine/program/program.ts';
import type { LaidOperand } from './layOperand.ts';
import { type TermLoop, termLoops } from './termLoops.ts';

export const QUAD = 4;

/** How the words of an operand come: one by one, four terms of a row at once, or four neighbouring rows of a term. */
export type Loads = 'words' | 'terms' | 'places';

export const wholeQuads = (words: number) => Math.ceil(words / QUAD) * QUAD;
const areWhole = (counts: readonly number[]) => counts.every((count) => count % QUAD === 0);

/** Whether four neighbours along the axis are four words of the result after each other, from a multiple of four on. */
export const givesQuads = ({ shape }: Operation, axis: number) => (shape[axis] as number) % QUAD === 0 && rowMajorStrides(shape)[axis] === 1;

/** Of one of the operands that are walked over together, tiled along an axis of the result (-1: none), in a copy that begins at a multiple of four words. */
export function loadsOf(operation: Pick<Operation, 'shape' | 'extents'>, operands: readonly LaidOperand[], factor: number, axis: number): Loads {
  const { base, steps } = operands[factor] as LaidOperand;
  const { shape } = operation;
  const loops = termLoops(operation, operands);
  const inner = loops.at(-1) as TermLoop;
  const step = inner.steps[factor] as number;
  const carried = loops.slice(0, -1).map((loop) => loop.steps[factor] as number);
  const outer = shape.map((extent, one) => (extent === 1 ? 0 : (steps[one] as number)));
  if (step === 1 && areWhole([inner.extent, base, ...carried, ...outer])) return 'terms';
  const isRow = axis >= 0 && steps[axis] === 1 && (shape[axis] as number) % QUAD === 0;
  return isRow && areWhole([base, step, ...carried, ...outer.filter((_, one) => one !== axis)]) ? 'places' : 'words';
}

/** Its addresses, counted in fours. */
export function inQuads(operand: LaidOperand): LaidOperand {
  return { ...operand, base: operand.base / QUAD, steps: operand.steps.map((step) => step / QUAD) };
}

/** One word of a memory of words, or of fours. */
export const wordAt = (address: string, inFours: boolean) => (inFours ? `arena[(${address}) >> 2u][(${address}) & 3]` : `arena[${address}]`);
export const quadAt = (address: string) => `arena[(${address}) >> 2u]`;
export const partOf = (quad: string, place: number) => `${quad}.${'xyzw'[place % QUAD]}`;
export const PARTS = [0, 1, 2, 3] as const;
export const quadOf = (wordOf: (part: number) => string) => `Quad(${PARTS.map(wordOf).join(', ')})`;
