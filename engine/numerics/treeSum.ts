/** SPEC N5: ascending chains of 32, then the same over their results. Fixed by the count alone. */

export const SUM_BLOCK = 32;
/** Magnitudes under this are +0 (N1). */
const TINY = 2 ** -125;

/** a + b, rounded once, canonical. Operands are canonical; NaN comes out as some NaN, made canonical where it is stored. */
export function addCanonical(a: number, b: number): number {
  const sum = Math.fround(a + b);
  return sum < TINY && sum > -TINY ? 0 : sum;
}

/** Sums the first `count` terms; uses `terms` as scratch. */
export function treeSum(terms: Float32Array, count: number): number {
  if (count === 0) return 0;
  let left = count;
  while (left > 1) {
    let blocks = 0;
    for (let start = 0; start < left; start += SUM_BLOCK) {
      const end = Math.min(start + SUM_BLOCK, left);
      let total = terms[start] as number;
      for (let k = start + 1; k < end; k++) total = addCanonical(total, terms[k] as number);
      terms[blocks++] = total;
    }
    left = blocks;
  }
  return terms[0] as number;
}
