/** Words of tensors as bytes: little-endian when hashed or stored (SPEC H1). */

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

function swapped(words: Uint32Array): Uint32Array {
  return words.map((word) => ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24));
}

/** Little-endian bytes of a tensor's words. May share memory with `bits`: read it, don't keep or change it. */
export function bitsToBytes(bits: Uint32Array): Uint8Array {
  const words = HOST_IS_LITTLE_ENDIAN ? bits : swapped(bits);
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** Always a copy. Errors: RangeError where the length is not a multiple of 4. */
export function bytesToBits(bytes: Uint8Array): Uint32Array {
  if (bytes.length % 4 !== 0) throw new RangeError(`${bytes.length} bytes are not whole 32-bit words`);
  const words = new Uint32Array(bytes.length / 4);
  new Uint8Array(words.buffer).set(bytes);
  return HOST_IS_LITTLE_ENDIAN ? words : swapped(words);
}
