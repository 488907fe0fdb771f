/**
 * How a mac operand is laid out: rounded once, with padding, dilation and exact division filled in, so that every
 * address in the inner loop is a linear form of the axes. The same scheme as the reference's `linearMac.ts`.
 */
import type { Affine, Operation, Read } from '#engine/program/program.ts';
import { numeratorRange } from '#engine/numerics/readChunk.ts';
import { emitRead, type OffsetOf, stepsOf } from './emitRead.ts';
import { emitAxes, type Kernel, shell } from './emitKernel.ts';
import { partOf, PARTS, QUAD, quadOf } from './quads.ts';

/** Words of a copy; beyond it, operands are fetched and rounded one by one. */
const MAX_COPY_WORDS = 2 ** 26;

export interface LaidOperand {
  /** Copies of the same key are the same copy. */
  readonly key: string;
  readonly read: Read;
  /** Of the copy: dimension d holds numerators low .. low + size - 1. */
  readonly ranges: readonly { readonly low: number; readonly size: number }[];
  readonly words: number;
  /** Address in the copy: base + sum over axes of step * axis. */
  readonly base: number;
  readonly steps: readonly number[];
  /** Of mantissas (layMantissas.ts): combinations of the output axes that the operand depends on. */
  readonly rows: number;
  /** Of mantissas: whether they lie as [row][term], not [term][row]. */
  readonly byRow: boolean;
  /**
   * Of mantissas: words before the exponents of the blocks; of these, steps from block to block, and of the output axes.
   * Where blocks are stretches of the operand itself, an exponent's place is that of its block, divided by `block`.
   */
  readonly exponentsAt: number;
  readonly exponentSteps: { readonly block: number; readonly axes: readonly number[] } | { readonly perWords: number };
  /** The copy would be the tensor itself. */
  readonly isWhole: boolean;
}

const isSpecial = (bits: number) => (bits & 0x7f800000) === 0x7f800000;

/** The operands of a mac whose factors are plain reads without gathers; null where a factor is computed, or too big. */
export function layOperands(operation: Operation): readonly [LaidOperand, LaidOperand] | null {
  const extents = [...operation.shape, ...operation.extents];
  const laid = operation.results.map((result) => {
    const line = operation.body[result];
    const read = line?.op === 'read' ? operation.reads[line.read] : undefined;
    return read ? layOperand(read, extents) : null;
  });
  const [a, b] = laid;
  return a && b ? [a, b] : null;
}

/** A plain read laid out; null for gathers, fills that are not finite, and what is too big. `extents`: of all axes. */
export function layOperand(read: Read, extents: readonly number[]): LaidOperand | null {
  if (isSpecial(read.fill) || read.index.some((index) => 'gather' in index)) return null;
  const affine = read.index as readonly Affine[];
  const ranges = affine.map((index, d) => {
    const { low, high } = numeratorRange(index, extents);
    const size = read.view[d] as number;
    return index.div === 1 && low >= 0 && high < size ? { low: 0, size } : { low, size: high - low + 1 };
  });
  const words = ranges.reduce((all, range) => all * range.size, 1);
  if (words > MAX_COPY_WORDS) return null;
  const moved = affine.map((index, d) => ({ ...index, offset: index.offset - (ranges[d] as { low: number }).low }));
  const { base, steps } = stepsOf({ view: ranges.map((range) => range.size), index: moved }, extents.length);
  const whole = ranges.every((range, d) => range.low === 0 && range.size === read.view[d] && affine[d]?.div === 1);
  const key = whole ? `${read.tensor}` : JSON.stringify([read.tensor, read.view, ranges, affine.map(({ div, exact }) => [div, exact]), read.fill]);
  return { key, read, ranges, words, base, steps, rows: 0, byRow: false, exponentsAt: 0, exponentSteps: { block: 0, axes: [] }, isWhole: whole };
}

/** Copy of an operand, rounded to 12 bits if the profile does so; says in status[2] when some element is not finite. */
export function emitLayout(operand: LaidOperand, rounded: boolean, to: string, offsetOf: OffsetOf): Kernel {
  const { read, ranges, words, isWhole } = operand;
  const from = offsetOf(read.tensor);
  const kept = (word: string) => (rounded ? `select(round12(${word}), ${word}, special(${word}))` : word);
  const report = (tests: readonly string[]) => `if (${tests.join(' | ')}) { atomicOr(&status[2], 1u); }\n`;
  if (isWhole && words % QUAD === 0) {
    const tests = PARTS.map((part) => `special(${partOf('b', part)})`);
    const body = `let b = arena[(u32(${from}) >> 2u) + i];\n${report(tests)}arena[(u32(${to}) >> 2u) + i] = ${quadOf((part) => kept(partOf('b', part)))};\n`;
    return shell(words / QUAD, body, 'quads');
  }
  const sizes = ranges.map((range) => range.size);
  const source: Read = {
    ...read,
    index: (read.index as readonly Affine[]).map(({ div, exact }, d) => ({ terms: [[d, 1] as const], offset: ranges[d]?.low ?? 0, div, exact })),
  };
  const body = `${emitAxes(sizes, 'i')}${emitRead(source, { value: 'b', offset: from, extents: sizes }, () => '0u')}
${report(['special(b)'])}arena[u32(${to}) + i] = ${kept('b')};
`;
  return shell(words, body);
}
