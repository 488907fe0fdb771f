/** Memory of the tensors that are alive at once, which no plan can do without. */
import type { Program } from './program.ts';

export const elementsOf = (program: Program, tensor: number) => (program.tensors[tensor]?.shape ?? []).reduce((product, extent) => product * extent, 1);
const bytesOf = (program: Program, tensor: number) => elementsOf(program, tensor) * 4;

/** In bytes. */
export interface LiveBytes {
  /** Of all tensors alive while each operation runs. */
  readonly during: readonly number[];
  /** The most at once. */
  readonly peak: number;
}

/** Tensors that a step is given, and gives: they are alive all the time. */
function keptTensors(program: Program): Set<number> {
  const kept = new Set([...program.inputs, ...program.state, ...program.outputs].map(({ tensor }) => tensor));
  for (const slot of program.state) kept.add(slot.next);
  return kept;
}

export function liveBytes(program: Program): LiveBytes {
  const lastUse = new Map<number, number>();
  program.operations.forEach((operation, k) => {
    for (const read of operation.reads) lastUse.set(read.tensor, k);
  });
  const kept = keptTensors(program);
  let live = [...kept].reduce((sum, tensor) => sum + bytesOf(program, tensor), 0);
  let peak = live;
  const during = program.operations.map(({ out, reads }, k) => {
    if (!kept.has(out)) live += bytesOf(program, out);
    const now = live;
    peak = Math.max(peak, now);
    const ended = new Set(reads.map((read) => read.tensor).filter((tensor) => lastUse.get(tensor) === k && !kept.has(tensor)));
    if (!lastUse.has(out) && !kept.has(out)) ended.add(out);
    for (const tensor of ended) live -= bytesOf(program, tensor);
    return now;
  });
  return { during, peak };
}
