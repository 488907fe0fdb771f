/**
 * Where every tensor of a Program lives in one arena, and in which order kernels run. Lifetimes are static, so a
 * tensor's words are used again as soon as its last reader has run.
 */
import type { Operation, Program } from '#engine/program/program.ts';
import { coefficients, rowMajorStrides } from '#engine/numerics/readChunk.ts';
import { factorReads } from './emitKernel.ts';

export type PlannedStep =
  | { readonly kind: 'operation'; readonly operation: Operation; readonly number: number }
  | { readonly kind: 'round'; readonly tensor: number; readonly copy: number }
  | { readonly kind: 'copy'; readonly from: number; readonly to: number };

export interface MemoryPlan {
  readonly steps: readonly PlannedStep[];
  readonly words: number;
  /** By tensor, then by rounded copy (numbered after the tensors). */
  readonly offsets: readonly number[];
  readonly roundedCopyOf: ReadonlyMap<number, number>;
  readonly sizes: readonly number[];
}

export function planMemory(program: Program): MemoryPlan {
  const sizes = program.tensors.map((tensor) => tensor.shape.reduce((all, extent) => all * extent, 1));
  const { steps, roundedCopyOf } = planSteps(program, sizes);
  const homes = inPlaceHomes(program);
  const pinned = new Set([...program.inputs, ...program.state, ...program.outputs].map(({ tensor }) => tensor));
  for (const slot of program.state) pinned.add(slot.next);
  const arena = new Arena();
  const offsets: number[] = [];
  for (const tensor of pinned) if (!homes.has(tensor)) offsets[tensor] = arena.take(sizes[tensor] as number);
  for (const [next, state] of homes) offsets[next] = offsets[state] as number;

  const lastUse = new Map<number, number>();
  steps.forEach((step, k) => {
    for (const tensor of touched(step, roundedCopyOf)) lastUse.set(tensor, k);
  });
  steps.forEach((step, k) => {
    for (const tensor of written(step)) if (offsets[tensor] === undefined) offsets[tensor] = arena.take(sizes[tensor] as number);
    for (const tensor of new Set(touched(step, roundedCopyOf))) {
      if (lastUse.get(tensor) === k && !pinned.has(tensor)) arena.give(offsets[tensor] as number, sizes[tensor] as number);
    }
  });
  const copies = program.state.filter((slot) => slot.next !== slot.tensor && !homes.has(slot.next)).map((slot) => ({ kind: 'copy' as const, from: slot.next, to: slot.tensor }));
  return { steps: [...steps, ...copies], words: arena.size, offsets, roundedCopyOf, sizes };
}

/** Operations in order, each mac operand rounded once before its first use. Rounded copies get numbers after the tensors. */
function planSteps(program: Program, sizes: number[]): { steps: PlannedStep[]; roundedCopyOf: Map<number, number> } {
  const steps: PlannedStep[] = [];
  const roundedCopyOf = new Map<number, number>();
  program.operations.forEach((operation, number) => {
    const factors = operation.reduce === 'mac' ? factorReads(operation) : null;
    for (const { tensor } of factors ?? []) {
      if (roundedCopyOf.has(tensor)) continue;
      const copy = sizes.length;
      sizes.push(sizes[tensor] as number);
      roundedCopyOf.set(tensor, copy);
      steps.push({ kind: 'round', tensor, copy });
    }
    steps.push({ kind: 'operation', operation, number });
  });
  return { steps, roundedCopyOf };
}

const written = (step: PlannedStep): number[] => (step.kind === 'operation' ? [step.operation.out] : step.kind === 'round' ? [step.copy] : []);

function touched(step: PlannedStep, roundedCopyOf: ReadonlyMap<number, number>): number[] {
  if (step.kind === 'round') return [step.tensor, step.copy];
  if (step.kind === 'copy') return [step.from, step.to];
  const reads = step.operation.reads.map((read) => read.tensor);
  const rounded = reads.map((tensor) => roundedCopyOf.get(tensor)).filter((copy) => copy !== undefined);
  return [step.operation.out, ...reads, ...rounded];
}

/**
 * Next states that may be written over the state itself: the operation reads the state only at the element that it
 * writes, and nothing reads the state later. Maps next to state.
 */
function inPlaceHomes(program: Program): Map<number, number> {
  const homes = new Map<number, number>();
  const outputs = new Set(program.outputs.map((output) => output.tensor));
  for (const { tensor, next } of program.state) {
    if (next === tensor || homes.has(next) || program.state.some((other) => other.tensor === next)) continue;
    const writer = program.operations.findIndex((operation) => operation.out === next);
    if (writer < 0 || outputs.has(tensor)) continue;
    const readLater = program.operations.some((operation, k) => k > writer && operation.reads.some((read) => read.tensor === tensor));
    const operation = program.operations[writer] as Operation;
    const inPlace = operation.reduce === 'none' && operation.reads.every((read) => read.tensor !== tensor || readsOwnElement(operation, read));
    // Another state's next must not be this tensor's value taken from the same place.
    const sharedNext = program.state.filter((other) => other.next === next).length > 1;
    if (!readLater && inPlace && !sharedNext) homes.set(next, tensor);
  }
  return homes;
}

function readsOwnElement(operation: Operation, read: Operation['reads'][number]): boolean {
  const steps = new Int32Array(operation.shape.length);
  const strides = rowMajorStrides(read.view);
  let base = 0;
  for (const [d, index] of read.index.entries()) {
    if ('gather' in index || index.div !== 1) return false;
    base += index.offset * (strides[d] as number);
    coefficients(index, steps.length).forEach((coefficient, axis) => {
      steps[axis] = (steps[axis] as number) + coefficient * (strides[d] as number);
    });
  }
  const own = rowMajorStrides(operation.shape);
  return base === 0 && operation.shape.every((extent, axis) => extent === 1 || steps[axis] === own[axis]);
}

/** First fit over a list of free stretches. */
class Arena {
  size = 0;
  private free: { offset: number; words: number }[] = [];

  take(words: number): number {
    const fit = this.free.findIndex((stretch) => stretch.words >= words);
    if (fit >= 0) {
      const stretch = this.free[fit] as { offset: number; words: number };
      const { offset } = stretch;
      if (stretch.words === words) this.free.splice(fit, 1);
      else this.free[fit] = { offset: offset + words, words: stretch.words - words };
      return offset;
    }
    const offset = this.size;
    this.size += words;
    return offset;
  }

  give(offset: number, words: number): void {
    this.free.push({ offset, words });
    this.free.sort((a, b) => a.offset - b.offset);
    for (let k = 0; k + 1 < this.free.length; ) {
      const here = this.free[k] as { offset: number; words: number };
      const next = this.free[k + 1] as { offset: number; words: number };
      if (here.offset + here.words === next.offset) {
        this.free.splice(k, 2, { offset: here.offset, words: here.words + next.words });
      } else {
        k++;
      }
    }
  }
}
