/** G_{r+1} from G_r and the counted slots' deltas (SPEC T5): everyone computes the same, so nobody is trusted with it. */
import type { Executor } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import type { Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';
import { ProtocolError } from '#swarm/protocol/protocolError.ts';
import { checkDelta, type DeltaClaim } from './checkDelta.ts';
import { deltaTensors } from './packDelta.ts';
import { type GlobalState, globalRoot } from './globalState.ts';
import { outerProgram } from './outerStep.ts';

export interface CountedDelta extends DeltaClaim {
  readonly bytes: Uint8Array;
}

export interface NextGlobal {
  readonly globalState: GlobalState;
  readonly root: Hash;
}

const f32Scalar = (value: number) => new Uint32Array(Float32Array.of(value).buffer);

/**
 * `deltas` are those of the counted slots, in any order: they are taken in slot order.
 * Errors: ProtocolError for a delta that does not match its commitment, or a slot that stands twice; DivergedError where
 * the outer step leaves f32 (lower the outer learning rate); the executor's.
 */
export async function nextGlobal(task: {
  readonly executor: Executor;
  readonly program: Program;
  readonly spec: Pick<JobSpec, 'outer'>;
  readonly globalState: GlobalState;
  readonly deltas: readonly CountedDelta[];
}): Promise<NextGlobal> {
  const { executor, program, globalState } = task;
  const round = globalState.round + 1;
  const deltas = [...task.deltas].sort((a, b) => a.slot - b.slot);
  const twice = deltas.find((delta, k) => k > 0 && deltas[k - 1]?.slot === delta.slot);
  if (twice) throw new ProtocolError(`slot ${twice.slot} stands twice among the counted deltas`);
  if (deltas.length === 0) return named({ round, tensors: globalState.tensors });
  const outer = outerProgram(program, task.spec.outer);
  const run = await executor.prepare(outer);
  try {
    const sums = outer.state.slice(globalState.tensors.length).map((slot) => new Uint32Array(outer.tensors[slot.tensor]?.shape[0] ?? 0));
    await run.load([...globalState.tensors, ...sums]);
    // One slot at a time: memory does not grow with the number of slots.
    for (const [k, claim] of deltas.entries()) {
      const tensors = checkDelta(program, globalState, claim, claim.bytes);
      await run.run([[...deltaTensors(tensors), f32Scalar(deltas.length), Uint32Array.of(k === deltas.length - 1 ? 1 : 0)]]);
    }
    const state = await run.state();
    return named({ round, tensors: state.slice(0, globalState.tensors.length) });
  } finally {
    run.dispose();
  }
}

function named(globalState: GlobalState): NextGlobal {
  return { globalState, root: globalRoot(globalState) };
}
