/**
 * start + dequantised delta, on the CPU: what a keeper checks without a GPU. Equal bit for bit to the `proposal` of
 * `quantiseProgram`: a product by a power of two and one sum, each rounded once to f32, then canonical (N1).
 */
import type { Bits } from '#engine/program/executor.ts';
import { ProtocolError } from '#swarm/protocol/protocolError.ts';
import { DELTA_BLOCK } from './quantiseDelta.ts';
import type { QuantisedTensor } from './packDelta.ts';

/** 2^e at e + 127, from its bits; zero for the exponent of a zero block. */
const POWERS = new Float32Array(Uint32Array.from({ length: 255 }, (_, field) => field << 23).buffer);
/** Magnitudes below 2^-125 are +0 (N1). */
const LEAST = POWERS[2] as number;

/** q * 2^e of every element. `unpackDelta` has made sure that all are finite. */
export function dequantise(delta: QuantisedTensor): Float32Array {
  const values = new Float32Array(delta.quantised.length);
  for (let k = 0; k < values.length; k++) {
    const value = (delta.quantised[k] as number) * (POWERS[(delta.exponents[Math.floor(k / DELTA_BLOCK)] as number) + 127] as number);
    values[k] = Math.abs(value) < LEAST ? 0 : value;
  }
  return values;
}

/** The proposal's tensors (T6). `start` has the shared tensors first, in Program order. Errors: ProtocolError where a sum is beyond f32. */
export function applyDelta(start: readonly Bits[], delta: readonly QuantisedTensor[]): Bits[] {
  return delta.map((tensor, t) => {
    const from = start[t];
    if (from?.length !== tensor.quantised.length) throw new ProtocolError(`delta: tensor ${t} has ${tensor.quantised.length} elements, the state has ${from?.length ?? 'none'}`);
    const base = new Float32Array(from.buffer, from.byteOffset, from.length);
    const sums = dequantise(tensor);
    for (let k = 0; k < sums.length; k++) {
      // f64 has more than twice f32's digits, so rounding its sum to f32 is rounding once.
      sums[k] = (base[k] as number) + (sums[k] as number);
      const sum = sums[k] as number;
      if (!Number.isFinite(sum)) throw new ProtocolError(`delta: tensor ${t}, element ${k}: the sum is beyond f32`);
      if (Math.abs(sum) < LEAST) sums[k] = 0;
    }
    return new Uint32Array(sums.buffer);
  });
}
