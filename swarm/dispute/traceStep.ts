/** Everything that one step writes (SPEC D2), by the law. Judges have no GPU: this is the reference's arithmetic, and it keeps what the reference forgets. */
import { canonInPlace, isFinite32 } from '#engine/numerics/canon.ts';
import { RegisterPool } from '#engine/numerics/registerPool.ts';
import { planOperation } from '#engine/numerics/runOperation.ts';
import type { Bits } from '#engine/program/executor.ts';
import type { DType, Operation, Program } from '#engine/program/program.ts';
import { typeBody } from '#engine/program/typeBody.ts';
import { watchedTensors } from './watchedTensors.ts';

export interface StepTrace {
  /** By tensor number: inputs, state before, and every operation's output. */
  readonly tensors: readonly Bits[];
  /** In the order of `program.state`; what the step makes, poison or not. */
  readonly after: readonly Bits[];
  /** The first operation, in Program order, that read an index out of range (P7), else the first watched one that is not finite (P6), else null. */
  readonly poison: { readonly kind: 'index' | 'nonfinite'; readonly operation: number } | null;
}

export interface StepTracer {
  /** `state[k]` and `inputs[k]` are in the order of the Program's lists. `done` is called after each operation. Errors: RangeError for a wrong size. */
  trace(state: readonly Bits[], inputs: readonly Bits[], done?: (operation: number, tensors: readonly Bits[]) => void): StepTrace;
}

export function readTypes(program: Program, operation: number): DType[] {
  return (program.operations[operation]?.reads ?? []).map((read) => program.tensors[read.tensor]?.dtype ?? 'f32');
}

/** Type of an operation's (first) result; `types[k]` is that of read k. */
export function resultTypeOf(operation: Operation, types: readonly DType[]): DType {
  return typeBody(operation.body, types, operation.shape.length + operation.extents.length)[operation.results[0] as number] ?? 'f32';
}

export function resultType(program: Program, operation: number): DType {
  return resultTypeOf(program.operations[operation] as Operation, readTypes(program, operation));
}

export function createStepTracer(program: Program): StepTracer {
  const pool = new RegisterPool();
  const runs = program.operations.map((operation, k) => planOperation(operation, resultType(program, k), program.profile, pool));
  const watched = watchedTensors(program);
  const sizes = program.tensors.map((tensor) => tensor.shape.reduce((product, extent) => product * extent, 1));
  return {
    trace(state, inputs, done) {
      const tensors = sizes.map((size) => new Uint32Array(size));
      const enter = (tensor: number, bits: Bits | undefined) => {
        const into = tensors[tensor] as Bits;
        if (bits?.length !== into.length) throw new RangeError(`${program.tensors[tensor]?.name}: ${bits?.length ?? 'no'} elements given, ${into.length} needed`);
        into.set(bits);
        if (program.tensors[tensor]?.dtype === 'f32') canonInPlace(into, into.length);
      };
      program.state.forEach((slot, k) => enter(slot.tensor, state[k]));
      program.inputs.forEach((input, k) => enter(input.tensor, inputs[k]));
      let outside = -1;
      runs.forEach((run, k) => {
        if (!run(tensors) && outside < 0) outside = k;
        done?.(k, tensors);
      });
      const nonfinite = program.operations.findIndex(({ out }) => watched.has(out) && !(tensors[out] as Bits).every(isFinite32));
      const poison = outside >= 0 ? ({ kind: 'index', operation: outside } as const) : nonfinite >= 0 ? ({ kind: 'nonfinite', operation: nonfinite } as const) : null;
      return { tensors, after: program.state.map((slot) => tensors[slot.next] as Bits), poison };
    },
  };
}
