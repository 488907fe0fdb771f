/** Bytes of headers, which are big-endian, and their comparison. (Tensors are little-endian: engine/program/bitsToBytes.ts.) */

/** Big-endian bytes of u32 words. */
export function u32be(...words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, k) => {
    if (!Number.isInteger(word) || word < 0 || word > 0xffffffff) throw new RangeError(`${word} is not a u32`);
    view.setUint32(k * 4, word);
  });
  return bytes;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, k) => byte === b[k]);
}
