/** Canonical values (SPEC N1) and operand rounding of the f12 profile (SPEC N4), on bit patterns. */

export const NAN_BITS = 0x7fc00000;
export const INF_BITS = 0x7f800000;
const SIGN = 0x80000000;

/** Bits of the canonical value: exponent field 0 or 1 gives +0, any NaN the one NaN. */
export function canon(bits: number): number {
  const exponent = (bits >>> 23) & 0xff;
  if (exponent <= 1) return 0;
  if (exponent === 0xff && (bits & 0x7fffff) !== 0) return NAN_BITS;
  return bits >>> 0;
}

export function canonInPlace(bits: Uint32Array, count: number): void {
  for (let k = 0; k < count; k++) {
    const b = bits[k] as number;
    const exponent = (b >>> 23) & 0xff;
    if (exponent <= 1) bits[k] = 0;
    else if (exponent === 0xff && (b & 0x7fffff) !== 0) bits[k] = NAN_BITS;
  }
}

export function isFinite32(bits: number): boolean {
  return ((bits >>> 23) & 0xff) !== 0xff;
}

const TWO_POW_40 = 0x53800000;
/** Exponent field of 2^-51. */
const SMALLEST_EXPONENT = 76;

/** Bits of round12(x) for finite canonical x: nearest even to 12 significant bits, 0 under 2^-51, at most 2^40. */
export function round12(bits: number): number {
  const sign = bits & SIGN;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >>> 23 < SMALLEST_EXPONENT) return 0;
  const rounded = (magnitude + 0x7ff + ((magnitude >>> 12) & 1)) & ~0xfff;
  return (sign | (rounded > TWO_POW_40 ? TWO_POW_40 : rounded)) >>> 0;
}
