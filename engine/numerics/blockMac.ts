/**
 * SPEC N4, profiles e11 and e10: block floating point. In each block of terms an operand's values share the largest
 * exponent among them and become integers of at most 2^(bits - 1); products and all their partial sums are integers of
 * at most 2^24, exact in f32 whatever the order, fusing or rounding mode. Only block results are rounded, when added.
 */
import type { Profile } from '#engine/program/program.ts';
import { addCanonical } from './treeSum.ts';

export interface BlockFormat {
  /** Of a mantissa, its sign included. */
  readonly bits: number;
  /** Terms of a block: 2^(26 - 2 bits), so that the sum stays within 2^24. */
  readonly block: number;
}

export const BLOCK_FORMATS: Readonly<Record<Exclude<Profile, 'f12'>, BlockFormat>> = {
  e11: { bits: 11, block: 16 },
  e10: { bits: 10, block: 64 },
};

/** Power of two by exponent + 300, built by exact doubling. */
const POWERS = new Float64Array(601);
POWERS[300] = 1;
for (let k = 1; k <= 300; k++) {
  POWERS[300 + k] = (POWERS[300 + k - 1] as number) * 2;
  POWERS[300 - k] = (POWERS[300 - k + 1] as number) / 2;
}
const powerOfTwo = (exponent: number) => POWERS[exponent + 300] as number;

/** Adding and taking away 1.5 * 2^52 rounds a double to the nearest whole number, ties to even. */
const TO_WHOLE = 6755399441055744;

const word = new DataView(new ArrayBuffer(4));

/** floor(log2 |value|) for a canonical f32; any number where it is 0, as every mantissa is 0 then. */
function exponentOf(magnitude: number): number {
  word.setFloat32(0, magnitude);
  return ((word.getUint32(0) >>> 23) & 0xff) - 127;
}

function largestMagnitude(values: Float32Array, base: number, offsets: Int32Array, start: number, end: number): number {
  let largest = 0;
  for (let r = start; r < end; r++) {
    const magnitude = Math.abs(values[base + (offsets[r] as number)] as number);
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/** sum over r of a[aBase + aOffsets[r]] * b[bBase + bOffsets[r]]; all operands finite and canonical. */
export function blockMacChain(
  format: BlockFormat,
  a: Float32Array,
  aBase: number,
  aOffsets: Int32Array,
  b: Float32Array,
  bBase: number,
  bOffsets: Int32Array,
  count: number,
): number {
  let total = 0;
  for (let start = 0; start < count; start += format.block) {
    const end = start + format.block < count ? start + format.block : count;
    const aShift = format.bits - 2 - exponentOf(largestMagnitude(a, aBase, aOffsets, start, end));
    const bShift = format.bits - 2 - exponentOf(largestMagnitude(b, bBase, bOffsets, start, end));
    const aScale = powerOfTwo(aShift);
    const bScale = powerOfTwo(bShift);
    let whole = 0;
    for (let r = start; r < end; r++) {
      const p = (a[aBase + (aOffsets[r] as number)] as number) * aScale + TO_WHOLE - TO_WHOLE;
      const q = (b[bBase + (bOffsets[r] as number)] as number) * bScale + TO_WHOLE - TO_WHOLE;
      whole += p * q;
    }
    const result = addCanonical(whole * powerOfTwo(-aShift - bShift), 0);
    total = start === 0 ? result : addCanonical(total, result);
  }
  return total;
}
