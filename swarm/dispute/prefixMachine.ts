/**
 * A reduction as a machine that takes one term at a time (SPEC D5), so that a disagreement about a sum of a million terms
 * ends at one of them. Prefixes are words; the court in Solidity takes the same steps on the same words.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { BLOCK_FORMATS, type BlockFormat } from '#engine/numerics/blockMac.ts';
import { canon, isFinite32, NAN_BITS, round12 } from '#engine/numerics/canon.ts';
import { roundHalfEven } from '#engine/numerics/instructions.ts';
import { MAC_BLOCK } from '#engine/numerics/mac.ts';
import { SUM_BLOCK } from '#engine/numerics/treeSum.ts';
import type { DType, Profile, Reduce } from '#engine/program/program.ts';
import { u32be } from '#swarm/protocol/bytes.ts';

export type Prefix = readonly number[];

export interface PrefixMachine {
  /** Steps from `start` to the end: `finish` takes the prefix after so many. */
  readonly count: number;
  readonly start: Prefix;
  /** Flat index over the reduced extents of the term that step j takes. */
  term(j: number): number;
  /** `values`: bits of the term, for mac of both factors. Canonical. */
  step(prefix: Prefix, j: number, values: readonly number[]): Prefix;
  /** Bits of the output element. */
  finish(prefix: Prefix): number;
}

export interface Reduction {
  readonly reduce: Exclude<Reduce, 'none'>;
  readonly profile: Profile;
  /** Of the terms. */
  readonly dtype: DType;
  /** R, at least 1. */
  readonly terms: number;
}

export function prefixMachine(reduction: Reduction): PrefixMachine {
  const { reduce, profile, terms } = reduction;
  if (reduce === 'sum') return sumMachine(terms);
  if (reduce === 'mac') return profile === 'f12' ? macMachine(terms) : blockMachine(terms, BLOCK_FORMATS[profile]);
  return greatestMachine(reduce, reduction.dtype, terms);
}

/** Leaf of a prefix in its list. */
export function prefixLeaf(prefix: Prefix): Uint8Array {
  return sha256(u32be(...prefix));
}

const f32 = new Float32Array(1);
const word = new Uint32Array(f32.buffer);

function valueOf(bits: number): number {
  word[0] = bits;
  return f32[0] as number;
}

/** Rounds to f32 once; canonical. */
function bitsOf(value: number): number {
  f32[0] = value;
  return canon(word[0] as number);
}

const add = (a: number, b: number) => bitsOf(valueOf(a) + valueOf(b));

/** A NaN is there for good, also over the first block. */
const joined = (total: number, block: number, first: boolean) => (total === NAN_BITS ? NAN_BITS : first ? block : add(total, block));

function greatestMachine(reduce: 'max' | 'argmax', dtype: DType, terms: number): PrefixMachine {
  const greater = (a: number, b: number) => {
    if (dtype === 'u32') return a > b;
    if (dtype === 'i32') return (a | 0) > (b | 0);
    if (b === NAN_BITS) return false;
    return a === NAN_BITS || valueOf(a) > valueOf(b);
  };
  return {
    count: terms,
    start: [0, 0],
    term: (j) => j,
    step: (prefix, j, values) => {
      const [value = 0] = values;
      return j === 0 || greater(value, prefix[0] as number) ? [value, j] : prefix;
    },
    finish: (prefix) => prefix[reduce === 'max' ? 0 : 1] as number,
  };
}

function sumMachine(terms: number): PrefixMachine {
  let levels = 1;
  for (let reach = SUM_BLOCK; reach < terms; reach *= SUM_BLOCK) levels++;
  return {
    count: terms,
    start: new Array<number>(levels).fill(0),
    term: (j) => j,
    step(prefix, j, values) {
      const next = [...prefix];
      let carried = values[0] as number;
      // `item` counts what has entered this level before, `last` is the number of its last item.
      let item = j;
      let last = terms - 1;
      for (let level = 0; level < levels; level++) {
        const place = item % SUM_BLOCK;
        const acc = place === 0 ? carried : add(next[level] as number, carried);
        next[level] = acc;
        if (level === levels - 1 || (place !== SUM_BLOCK - 1 && item !== last)) break;
        next[level] = 0;
        carried = acc;
        item = Math.floor(item / SUM_BLOCK);
        last = Math.floor(last / SUM_BLOCK);
      }
      return next;
    },
    finish: (prefix) => prefix[levels - 1] as number,
  };
}

function macMachine(terms: number): PrefixMachine {
  return {
    count: terms,
    start: [0, 0],
    term: (j) => j,
    step(prefix, j, values) {
      const [acc = 0, total = 0] = prefix;
      const [a = 0, b = 0] = values;
      const finite = isFinite32(a) && isFinite32(b);
      // The product is exact in 24 bits, and its double sum rounded to f32 is rounded once.
      const after = finite ? bitsOf(valueOf(acc) + valueOf(round12(a)) * valueOf(round12(b))) : acc;
      const carried = finite ? total : NAN_BITS;
      if (j % MAC_BLOCK !== MAC_BLOCK - 1 && j !== terms - 1) return [after, carried];
      return [0, joined(carried, after, j < MAC_BLOCK)];
    },
    finish: (prefix) => prefix[1] as number,
  };
}

const fieldOf = (bits: number) => (bits >>> 23) & 0xff;

/** Exact in double for the exponents met here: built by doubling, so that no library function is asked. */
function powerOfTwo(exponent: number): number {
  let power = 1;
  for (let k = 0; k < exponent; k++) power *= 2;
  for (let k = 0; k > exponent; k--) power /= 2;
  return power;
}

function blockMachine(terms: number, format: BlockFormat): PrefixMachine {
  const { bits, block } = format;
  const placeOf = (j: number) => {
    const first = Math.floor(j / (2 * block)) * block;
    const length = Math.min(block, terms - first);
    const within = j - 2 * first;
    const summing = within >= length;
    return { first, summing, term: first + (summing ? within - length : within), last: within === 2 * length - 1 };
  };
  /** The operand as a whole number of at most 2^(bits - 1), `field` being the largest exponent field of its block. */
  const whole = (operand: number, field: number) => (field === 0 ? 0 : roundHalfEven(valueOf(operand) * powerOfTwo(bits - 2 - (field - 127))));
  return {
    count: 2 * terms,
    start: [0, 0, 0, 0],
    term: (j) => placeOf(j).term,
    step(prefix, j, values) {
      const [ea = 0, eb = 0, sum = 0, total = 0] = prefix;
      const [a = 0, b = 0] = values;
      const place = placeOf(j);
      const finite = isFinite32(a) && isFinite32(b);
      const carried = finite ? total : NAN_BITS;
      if (!place.summing) return finite ? [Math.max(ea, fieldOf(a)), Math.max(eb, fieldOf(b)), sum, carried] : [ea, eb, sum, carried];
      const added = finite ? (sum | 0) + whole(a, ea) * whole(b, eb) : sum | 0;
      if (!place.last) return [ea, eb, added >>> 0, carried];
      const result = bitsOf(added * powerOfTwo(ea + eb - 254 - 2 * (bits - 2)));
      return [0, 0, 0, joined(carried, result, place.first === 0)];
    },
    finish: (prefix) => prefix[3] as number,
  };
}
