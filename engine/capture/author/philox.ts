function mulHiLo(a: number, b: number): readonly [hi: number, lo: number] {
  const product = BigInt(a) * BigInt(b);
  return [Number(product >> 32n), Number(product & 0xffffffffn)];
}

/** Philox4x32-10 (Salmon et al. 2011), the generator of SPEC N7, on plain numbers: for initial weights. */
export function philox(key: readonly [number, number], counter: readonly [number, number, number, number]): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [hi0, lo0] = mulHiLo(0xd2511f53, c0);
    const [hi1, lo1] = mulHiLo(0xcd9e8d57, c2);
    [c0, c1, c2, c3] = [(hi1 ^ c1 ^ k0) >>> 0, lo1, (hi0 ^ c3 ^ k1) >>> 0, lo0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** Uniform numbers in [0, 1) with 24 bits, by position: the same on every machine. */
export function uniforms(seed: number, stream: number, count: number): Float64Array {
  const result = new Float64Array(count);
  for (let start = 0; start < count; start += 4) {
    const words = philox([seed >>> 0, 0], [start / 4, stream, 0, 0]);
    for (let k = 0; k < 4 && start + k < count; k++) result[start + k] = ((words[k] ?? 0) >>> 8) / 0x1000000;
  }
  return result;
}
