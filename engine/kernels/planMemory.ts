/**
 * Where every tensor of a Program lives in one arena. Lifetimes are static, so a tensor's words are used again as soon
 * as its last reader has run.
 */
import type { Operation, Program } from '#engine/program/program.ts';
import { emitCopy } from './emitKernel.ts';
import { readsOwnElement } from './emitRead.ts';
import { joinUpdates } from './joinUpdates.ts';
import type { Variant } from './macFormat.ts';
import { type PlannedKernel, planKernels } from './planKernels.ts';
import { wholeQuads } from './quads.ts';
import type { Tuning } from './tileMac.ts';

export interface MemoryPlan {
  /** Words of a bank: no buffer lies across two (memoryBanks.ts). */
  readonly bank: number;
  readonly kernels: readonly PlannedKernel[];
  readonly words: number;
  /** By buffer: tensors first, then scratch buffers of the kernels. */
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
  /** Buffer of each of the Program's outputs at the end of a step. */
  readonly outputs: readonly number[];
}

/** `bank`: most words that the device binds in one piece; a multiple of 64. What needs more lies in several banks, and its updates are not joined, as those of one text may then be in different ones. */
export function planMemory(program: Program, tuning: Tuning, variant: Variant = 'fast', bank = Infinity): MemoryPlan {
  const { kernels, sizes } = planKernels(program, tuning, variant);
  const joined = placeBuffers(program, joinUpdates(kernels, program), [...sizes], Infinity);
  return joined.words <= bank ? joined : placeBuffers(program, kernels, sizes, bank);
}

export const banksOf = ({ words, bank }: MemoryPlan) => Math.max(1, Math.ceil(words / bank));

/** Adds the buffers of copies to `sizes`. */
function placeBuffers(program: Program, kernels: readonly PlannedKernel[], sizes: number[], bank: number): MemoryPlan {
  const homes = inPlaceHomes(program);
  const pinned = new Set([...program.inputs, ...program.state, ...program.outputs].map(({ tensor }) => tensor));
  for (const slot of program.state) pinned.add(slot.next);
  const arena = new Arena(bank);
  const offsets: number[] = [];
  for (const tensor of pinned) if (!homes.has(tensor)) offsets[tensor] = arena.take(sizes[tensor] as number);
  for (const [next, state] of homes) offsets[next] = offsets[state] as number;

  const lastUse = new Map<number, number>();
  kernels.forEach(({ reads, writes }, k) => {
    for (const buffer of [...reads, ...writes]) lastUse.set(buffer, k);
  });
  kernels.forEach(({ reads, writes }, k) => {
    for (const buffer of writes) if (offsets[buffer] === undefined) offsets[buffer] = arena.take(sizes[buffer] as number);
    for (const buffer of new Set([...reads, ...writes])) {
      if (lastUse.get(buffer) === k && !pinned.has(buffer)) arena.give(offsets[buffer] as number, sizes[buffer] as number);
    }
  });
  const { moves, outputs } = moveStates(program, homes, (buffer) => {
    const copy = sizes.push(sizes[buffer] as number) - 1;
    offsets[copy] = arena.take(sizes[copy] as number);
    return copy;
  });
  const copies = moves.map(
    ({ from, to }): PlannedKernel => ({
      label: 'state',
      number: 0,
      reads: [from],
      writes: [to],
      emit: (offsetOf) => emitCopy(offsetOf(from), offsetOf(to), sizes[from] as number),
    }),
  );
  return { kernels: [...kernels, ...copies], words: arena.size, offsets, sizes, outputs, bank };
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

interface Stretch {
  readonly offset: number;
  readonly words: number;
}

/** Best fit over a list of free stretches, each from a multiple of four words on (quads.ts). */
class Arena {
  size = 0;
  private free: Stretch[] = [];
  private readonly bank: number;

  constructor(bank: number) {
    this.bank = bank;
  }

  take(wanted: number): number {
    const words = wholeQuads(wanted);
    const fits = [...this.free.keys()].filter((k) => {
      const { offset, words: room } = this.free[k] as Stretch;
      return this.within(offset, words) + words <= offset + room;
    });
    const fit = fits.reduce((best, k) => (best < 0 || (this.free[k] as Stretch).words < (this.free[best] as Stretch).words ? k : best), -1);
    const stretch = fit < 0 ? { offset: this.size, words: 0 } : (this.free.splice(fit, 1)[0] as Stretch);
    const at = this.within(stretch.offset, words);
    this.size = Math.max(this.size, at + words);
    if (at > stretch.offset) this.give(stretch.offset, at - stretch.offset);
    if (at + words < stretch.offset + stretch.words) this.give(at + words, stretch.offset + stretch.words - at - words);
    return at;
  }

  /** The first place from there on that lies in one bank. */
  private within(offset: number, words: number): number {
    const end = (Math.floor(offset / this.bank) + 1) * this.bank;
    return offset + words <= end ? offset : end;
  }

  give(offset: number, words: number): void {
    this.free.push({ offset, words: wholeQuads(words) });
    this.free.sort((a, b) => a.offset - b.offset);
    for (let k = 0; k + 1 < this.free.length; ) {
      const here = this.free[k] as Stretch;
      const next = this.free[k + 1] as Stretch;
      if (here.offset + here.words === next.offset) {
        this.free.splice(k, 2, { offset: here.offset, words: here.words + next.words });
      } else {
        k++;
      }
    }
  }
}
