/** One operation of a Program on the CPU: its body over all points, reduced in the law's order. */
import type { DType, Operation, Profile } from '#engine/program/program.ts';
import { NAN_BITS } from './canon.ts';
import { CHUNK, type Chunk, newChunk } from './chunk.ts';
import { type BodyPlan, planBody } from './evaluateBody.ts';
import { planLinearMac } from './linearMac.ts';
import { macArithmetic } from './mac.ts';
import type { RegisterPool } from './registerPool.ts';
import { treeSum } from './treeSum.ts';

/** False where a gathered index was out of range. */
export type RunOperation = (tensors: readonly Uint32Array[]) => boolean;

export function planOperation(operation: Operation, resultType: DType, profile: Profile, pool: RegisterPool): RunOperation {
  if (operation.reduce === 'mac') {
    const linear = planLinearMac(operation, profile);
    if (linear) return linear;
  }
  const plan = planBody(operation, pool);
  if (operation.reduce === 'none') return runMap(operation, plan);
  return runReduce(operation, plan, reducerFor(operation, resultType, profile));
}

function runMap(operation: Operation, plan: BodyPlan): RunOperation {
  const [result] = plan.results as [Chunk];
  return (tensors) => {
    const out = tensors[operation.out] as Uint32Array;
    let good = true;
    for (let start = 0; start < plan.space.points; start += CHUNK) {
      const count = Math.min(CHUNK, plan.space.points - start);
      good = plan.evaluate(tensors, start, count) && good;
      out.set(result.u.subarray(0, count), start);
    }
    return good;
  };
}

/** Terms of one output element -> its bits. One buffer a result; scratch may be overwritten. */
type Reducer = (terms: readonly Chunk[], count: number) => number;

function runReduce(operation: Operation, plan: BodyPlan, reduce: Reducer): RunOperation {
  const count = operation.extents.reduce((product, extent) => product * extent, 1);
  const terms = plan.results.map(() => newChunk(count));
  return (tensors) => {
    const out = tensors[operation.out] as Uint32Array;
    let good = true;
    let element = 0;
    let filled = 0;
    for (let start = 0; start < plan.space.points; start += CHUNK) {
      const points = Math.min(CHUNK, plan.space.points - start);
      good = plan.evaluate(tensors, start, points) && good;
      for (let taken = 0; taken < points; ) {
        const take = Math.min(points - taken, count - filled);
        plan.results.forEach((result, k) => (terms[k] as Chunk).u.set(result.u.subarray(taken, taken + take), filled));
        taken += take;
        filled += take;
        if (filled < count) continue;
        out[element++] = reduce(terms, count);
        filled = 0;
      }
    }
    return good;
  };
}

const word = newChunk(1);

function bitsOf(value: number): number {
  word.f[0] = value;
  return value !== value ? NAN_BITS : (word.u[0] as number);
}

function reducerFor(operation: Operation, type: DType, profile: Profile): Reducer {
  switch (operation.reduce) {
    case 'sum':
      return (terms, count) => bitsOf(treeSum((terms[0] as Chunk).f, count));
    case 'max':
      return (terms, count) => (terms[0] as Chunk).u[largest(terms[0] as Chunk, count, type)] as number;
    case 'argmax':
      return (terms, count) => largest(terms[0] as Chunk, count, type);
    default:
      return macReducer(operation, profile);
  }
}

/** Place of the first greatest term; NaN is greater than everything (N6). */
function largest(terms: Chunk, count: number, type: DType): number {
  const values = type === 'f32' ? terms.f : type === 'i32' ? terms.i : terms.u;
  let best = 0;
  for (let k = 0; k < count; k++) {
    const value = values[k] as number;
    if (value !== value) return k;
    if (value > (values[best] as number)) best = k;
  }
  return best;
}

function macReducer(operation: Operation, profile: Profile): Reducer {
  const arithmetic = macArithmetic(profile);
  const count = operation.extents.reduce((product, extent) => product * extent, 1);
  const straight = Int32Array.from({ length: count }, (_, k) => k);
  return (terms, length) => {
    const [a, b] = terms as [Chunk, Chunk];
    const finite = [a, b].map((factor) => arithmetic.round(factor.u, factor.u, length));
    if (finite.includes(false)) return NAN_BITS;
    return bitsOf(arithmetic.chain(a.f, 0, straight, b.f, 0, straight, length));
  };
}
