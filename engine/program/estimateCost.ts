/** What a step costs (SPEC P5), before anything runs. */
import { elementsOf, liveBytes } from './liveBytes.ts';
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
  let flops = 0;
  let macs = 0;
  for (const operation of program.operations) {
    const points = [...operation.shape, ...operation.extents].reduce((product, extent) => product * extent, 1);
    const lines = operation.body.filter((line) => 'args' in line).length;
    flops += points * (lines + (operation.reduce === 'mac' ? 2 : operation.reduce === 'none' ? 0 : 1));
    if (operation.reduce === 'mac') macs += points;
  }
  const parameters = program.state.reduce((sum, slot) => sum + (slot.role === 'trained' ? elementsOf(program, slot.tensor) : 0), 0);
  return { flops, macs, parameters, peakBytes: liveBytes(program).peak };
}
