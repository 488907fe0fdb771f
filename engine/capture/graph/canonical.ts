const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** Canonical f32 bits (SPEC N1) of a JavaScript number. */
export function bitsOf(value: number): number {
  float[0] = value;
  const bits = word[0] ?? 0;
  const exponent = (bits >>> 23) & 0xff;
  if (exponent < 2) return 0;
  if (exponent === 255 && (bits & 0x7fffff) !== 0) return 0x7fc00000;
  return bits;
}

export function numberOf(bits: number): number {
  word[0] = bits;
  return float[0] ?? 0;
}

export const NEGATIVE_INFINITY_BITS = 0xff800000;
export const ONE_BITS = 0x3f800000;
