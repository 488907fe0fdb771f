/** The bytes of a delta (SPEC T4): per tensor, per block of 64: exponent + 127, then the int8s. */
import type { Bits } from '#engine/program/executor.ts';
import { ProtocolError } from '#swarm/protocol/protocolError.ts';
import { blockCount, DELTA_BLOCK, ZERO_EXPONENT } from './quantiseDelta.ts';

/** One tensor's delta: the value of element i is quantised[i] * 2^exponents[floor(i / 64)]. */
export interface QuantisedTensor {
  readonly exponents: Int32Array;
  readonly quantised: Int32Array;
}

export function deltaBytes(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + blockCount(size) + size, 0);
}

export function packDelta(tensors: readonly QuantisedTensor[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(deltaBytes(tensors.map((tensor) => tensor.quantised.length)));
  const signed = new Int8Array(bytes.buffer);
  let at = 0;
  for (const { exponents, quantised } of tensors) {
    exponents.forEach((exponent, block) => {
      bytes[at++] = exponent + 127;
      const values = quantised.subarray(block * DELTA_BLOCK, (block + 1) * DELTA_BLOCK);
      signed.set(values, at);
      at += values.length;
    });
  }
  return bytes;
}

/** Says why a block is not what T4 makes of any delta, or null. `peak` is the largest |q|. */
function blockFault(exponent: number, peak: number): string | null {
  if (exponent === ZERO_EXPONENT) return peak === 0 ? null : 'its exponent says zero and its values do not';
  // The smallest exponent leaves more than 63.5, so at least 64; at the clamp, the smallest canonical number is 2 units.
  const least = exponent === -126 ? 2 : 64;
  if (peak < least) return `its exponent is not the smallest that holds it (largest value ${peak}, at least ${least})`;
  // At 122 a peak of 64 units is already 2^128.
  return exponent <= 121 ? null : 'it is beyond f32';
}

/** Foreign bytes, checked in full: length, exponents, and that each block is as T4 would write it. Errors: ProtocolError. */
export function unpackDelta(bytes: Uint8Array, sizes: readonly number[]): QuantisedTensor[] {
  const expected = deltaBytes(sizes);
  if (bytes.length !== expected) throw new ProtocolError(`delta: ${bytes.length} bytes, the program needs ${expected}`);
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  return sizes.map((size, tensor) => {
    const exponents = new Int32Array(blockCount(size));
    const quantised = new Int32Array(size);
    for (let block = 0; block < exponents.length; block++) {
      const exponent = (bytes[at++] as number) - 127;
      const start = block * DELTA_BLOCK;
      const end = Math.min(size, start + DELTA_BLOCK);
      let peak = 0;
      for (let k = start; k < end; k++) {
        const value = signed[at++] as number;
        peak = Math.max(peak, Math.abs(value));
        quantised[k] = value;
      }
      const fault = peak > 127 ? 'it holds -128' : blockFault(exponent, peak);
      if (fault) throw new ProtocolError(`delta: tensor ${tensor}, block ${block}: ${fault}`);
      exponents[block] = exponent;
    }
    return { exponents, quantised };
  });
}

/** The delta that changes nothing: what a diverged round hands in (T7). */
export function zeroDelta(sizes: readonly number[]): QuantisedTensor[] {
  return sizes.map((size) => ({ exponents: new Int32Array(blockCount(size)).fill(ZERO_EXPONENT), quantised: new Int32Array(size) }));
}

const asBits = (values: Int32Array): Bits => new Uint32Array(values.buffer, values.byteOffset, values.length);

/** What the proposal root is over (T6), and what the outer step takes: exponents, then values, of each tensor. */
export function deltaTensors(delta: readonly QuantisedTensor[]): Bits[] {
  return delta.flatMap(({ exponents, quantised }) => [asBits(exponents), asBits(quantised)]);
}
