/** SPEC N4: how a mac rounds its operands and adds its terms. Profile f12: a chain over ascending r in blocks of 64. */
import type { Profile } from '#engine/program/program.ts';
import { BLOCK_FORMATS, blockMacChain } from './blockMac.ts';
import { INF_BITS, round12 } from './canon.ts';
import { addCanonical } from './treeSum.ts';

export const MAC_BLOCK = 64;

export interface MacArithmetic {
  /** What can be done to each operand alone; true when all of them are finite. `rounded` may be `bits`. */
  round(bits: Uint32Array, rounded: Uint32Array, count: number): boolean;
  /** The sum over terms whose operands were rounded and are finite. */
  readonly chain: typeof macChain;
}

export function macArithmetic(profile: Profile): MacArithmetic {
  if (profile === 'f12') return { round: round12All, chain: macChain };
  const format = BLOCK_FORMATS[profile];
  return {
    round: copyAll,
    chain: (a, aBase, aOffsets, b, bBase, bOffsets, count) => blockMacChain(format, a, aBase, aOffsets, b, bBase, bOffsets, count),
  };
}

function copyAll(bits: Uint32Array, copy: Uint32Array, count: number): boolean {
  let finite = true;
  for (let k = 0; k < count; k++) {
    const b = bits[k] as number;
    if ((b & INF_BITS) === INF_BITS) finite = false;
    copy[k] = b;
  }
  return finite;
}

/** Rounds every operand; true when all of them are finite. Non-finite ones are left as they are. */
export function round12All(bits: Uint32Array, rounded: Uint32Array, count: number): boolean {
  let finite = true;
  for (let k = 0; k < count; k++) {
    const b = bits[k] as number;
    if ((b & INF_BITS) === INF_BITS) {
      finite = false;
      rounded[k] = b;
    } else {
      rounded[k] = round12(b);
    }
  }
  return finite;
}

/**
 * sum over r of a[aBase + aOffsets[r]] * b[bBase + bOffsets[r]]; operands are already rounded.
 * A product is exact in 24 bits, and the double sum rounded to f32 is its correct rounding.
 */
export function macChain(a: Float32Array, aBase: number, aOffsets: Int32Array, b: Float32Array, bBase: number, bOffsets: Int32Array, count: number): number {
  let total = 0;
  for (let start = 0; start < count; start += MAC_BLOCK) {
    const end = start + MAC_BLOCK < count ? start + MAC_BLOCK : count;
    let acc = 0;
    for (let r = start; r < end; r++) {
      acc = Math.fround(acc + (a[aBase + (aOffsets[r] as number)] as number) * (b[bBase + (bOffsets[r] as number)] as number));
    }
    total = start === 0 ? addCanonical(acc, 0) : addCanonical(total, addCanonical(acc, 0));
  }
  return total;
}

/** Non-finite operands give NaN whatever else there is; the caller says so for one output. */
export function anyNonFinite(a: Uint32Array, aBase: number, aOffsets: Int32Array, b: Uint32Array, bBase: number, bOffsets: Int32Array, count: number): boolean {
  for (let r = 0; r < count; r++) {
    if (((a[aBase + (aOffsets[r] as number)] as number) & INF_BITS) === INF_BITS) return true;
    if (((b[bBase + (bOffsets[r] as number)] as number) & INF_BITS) === INF_BITS) return true;
  }
  return false;
}
