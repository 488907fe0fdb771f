import type { Program } from '#engine/program/program.ts';

/** Tensors whose non-finite values end a run (P6): f32 outputs and next states that an operation writes. */
export function watchedTensors(program: Program): ReadonlySet<number> {
  const named = new Set([...program.outputs.map((output) => output.tensor), ...program.state.map((slot) => slot.next)]);
  return new Set(program.operations.map((operation) => operation.out).filter((out) => named.has(out) && program.tensors[out]?.dtype === 'f32'));
}
