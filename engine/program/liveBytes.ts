/** Memory of the tensors that are alive at once, which no plan can do without. */
import type { Program } from './program.ts';

export const elementsOf = (program: Program, tensor: number) => (program.tensors[tensor]?.shape ?? []).reduce((product, extent) => product * extent, 1);
const bytesOf = (program: Program, tensor: number) => elementsOf(program, tensor) * 4;

/** Tensors that a step is given, and gives. */
function keptTensors(program: Program): Set<number> {
  const kept = new Set([...program.inputs, ...program.state, ...program.outputs].map(({ tensor }) => tensor));
  for (const slot of program.state) kept.add(slot.next);
  return kept;
}

/** Bytes of what a step is given, and gives: they are alive all the time. */
export const keptBytes = (program: Program) => [...keptTensors(program)].reduce((sum, tensor) => sum + bytesOf(program, tensor), 0);

/** Bytes of all tensors alive while each operation runs. */
export function liveBytes(program: Program): number[] {
  const lastUse = new Map<number, number>();
  program.operations.forEach((operation, k) => {
    for (const read of operation.reads) lastUse.set(read.tensor, k);
  });
  const kept = keptTensors(program);
  let live = keptBytes(program);
  return program.operations.map(({ out, reads }, k) => {
    if (!kept.has(out)) live += bytesOf(program, out);
    const during = live;
    const ended = new Set(reads.map((read) => read.tensor).filter((tensor) => lastUse.get(tensor) === k && !kept.has(tensor)));
    if (!lastUse.has(out) && !kept.has(out)) ended.add(out);
    for (const tensor of ended) live -= bytesOf(program, tensor);
    return during;
  });
}
