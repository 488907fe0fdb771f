/** End of a slot's round: its delta, and the root that names it (SPEC T4, T6). */
import { sha256 } from '@noble/hashes/sha2.js';
import type { Bits, Executor } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { NONE, stateRoot } from '#swarm/protocol/stateRoot.ts';
import { type GlobalState, sharedTensors } from './globalState.ts';
import { deltaTensors, packDelta, zeroDelta } from './packDelta.ts';
import { poisonReason } from './poison.ts';
import { OUTPUT, OUTPUTS_PER_TENSOR, quantiseProgram } from './quantiseDelta.ts';

export interface Delta {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly deltaHash: Hash;
  readonly proposalRoot: Hash;
  /** Why this is the delta that changes nothing, or null. */
  readonly poison: string | null;
}

/** T6. `tensors`: those of the delta, as `deltaTensors` gives them. */
export function proposalRootOf(round: number, slot: number, tensors: readonly Bits[]): Hash {
  return stateRoot({ round, slot, step: NONE }, tensors);
}

/** T7: the delta of a poisoned round. */
export function poisonedDelta(program: Program, global: GlobalState, slot: number, reason: string): Delta {
  const delta = zeroDelta(sharedTensors(program).map((tensor) => tensor.elements));
  const bytes = packDelta(delta);
  return { bytes, deltaHash: toHash(sha256(bytes)), proposalRoot: proposalRootOf(global.round, slot, deltaTensors(delta)), poison: reason };
}

const asI32 = (bits: Bits) => new Int32Array(bits.buffer, bits.byteOffset, bits.length);

/** `end` is the state after the round's last step, in the order of `program.state`. Errors: the executor's. */
export async function makeDelta(executor: Executor, program: Program, global: GlobalState, slot: number, end: readonly Bits[]): Promise<Delta> {
  const shared = sharedTensors(program);
  const inputs = shared.flatMap((tensor, k) => [global.tensors[k] as Bits, end[tensor.stateIndex] as Bits]);
  const run = await executor.prepare(quantiseProgram(program));
  try {
    await run.load([]);
    const outputs = (await run.run([inputs]))[0] as Bits[];
    const pick = (k: number, which: number) => outputs[k * OUTPUTS_PER_TENSOR + which] as Bits;
    const delta = shared.map((_, k) => ({ exponents: asI32(pick(k, OUTPUT.exponent)), quantised: asI32(pick(k, OUTPUT.quantised)) }));
    const bytes = packDelta(delta);
    return { bytes, deltaHash: toHash(sha256(bytes)), proposalRoot: proposalRootOf(global.round, slot, deltaTensors(delta)), poison: null };
  } catch (error) {
    const reason = poisonReason(error);
    if (reason === null) throw error;
    return poisonedDelta(program, global, slot, reason);
  } finally {
    run.dispose();
  }
}
