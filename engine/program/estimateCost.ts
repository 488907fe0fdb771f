/** What a step costs (SPEC P5), before anything runs. */
import type { Program } from './program.ts';

export interface Cost {
  /** Floating-point operations of one step: 2 a mac term, 1 a body line that computes. */
  readonly flops: number;
  readonly macs: number;
  /** Elements of trained state. */
  readonly parameters: number;
  /** Greatest sum of live tensors' bytes during a step, state and inputs included. */
  readonly peakBytes: number;
}

export function estimateCost(program: Program): Cost {
  const elements = (tensor: number) => (program.tensors[tensor]?.shape ?? []).reduce((product, extent) => product * extent, 1);
  let flops = 0;
  let macs = 0;
  for (const operation of program.operations) {
    const points = [...operation.shape, ...operation.extents].reduce((product, extent) => product * extent, 1);
    const lines = operation.body.filter((line) => 'args' in line).length;
    flops += points * (lines + (operation.reduce === 'mac' ? 2 : operation.reduce === 'none' ? 0 : 1));
    if (operation.reduce === 'mac') macs += points;
  }
  const parameters = program.state.reduce((sum, slot) => sum + (slot.role === 'trained' ? elements(slot.tensor) : 0), 0);
  return { flops, macs, parameters, peakBytes: peakBytes(program, elements) };
}

function peakBytes(program: Program, elements: (tensor: number) => number): number {
  const lastUse = new Map<number, number>();
  program.operations.forEach((operation, k) => {
    for (const read of operation.reads) lastUse.set(read.tensor, k);
  });
  const kept = new Set([...program.inputs, ...program.state, ...program.outputs].map(({ tensor }) => tensor));
  for (const slot of program.state) kept.add(slot.next);
  let live = 0;
  for (const tensor of kept) live += elements(tensor) * 4;
  let peak = live;
  program.operations.forEach((operation, k) => {
    if (!kept.has(operation.out)) live += elements(operation.out) * 4;
    peak = Math.max(peak, live);
    const ended = new Set(operation.reads.map((read) => read.tensor).filter((tensor) => lastUse.get(tensor) === k && !kept.has(tensor)));
    if (!lastUse.has(operation.out) && !kept.has(operation.out)) ended.add(operation.out);
    for (const tensor of ended) live -= elements(tensor) * 4;
  });
  return peak;
}
