/** Seeded numbers for random Programs and vectors: plain, edge, and random bit patterns. Not for anything secret. */

/** Canonical f32 bits where things go wrong: zero, ends of the range, around 1, halves, infinities, NaN. */
export const EDGE_FLOATS: readonly number[] = [
  0, 0x01000000, 0x81000000, 0x01000001, 0x01800000, 0x26000000, 0x25ffffff, 0x3f000000, 0x3effffff, 0x3f800000, 0xbf800000, 0x3f7fffff, 0x3f800001, 0x3fc00000, 0x40200000,
  0xc0200000, 0x42b17217, 0x42b17218, 0xc2aeac50, 0xc2b00000, 0x4b000000, 0x4b000001, 0x4affffff, 0x4effffff, 0x4f000000, 0xcf000000, 0x4f7fffff, 0x4f800000, 0x53800000,
  0x53800001, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x5f800000, 0x1f800000,
];
const EDGE_WORDS: readonly number[] = [0, 1, 2, 31, 32, 33, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff];

export class RandomWords {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** u32: a Weyl sequence through MurmurHash3's finaliser. */
  word(): number {
    this.state = (this.state + 0x9e3779b9) >>> 0;
    let x = this.state;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return (x ^ (x >>> 16)) >>> 0;
  }

  below(limit: number): number {
    return this.word() % limit;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  shape(rank: number, most: number): number[] {
    return Array.from({ length: rank }, () => 1 + this.below(most));
  }

  /** Canonical f32 of magnitude 2^-6 to 4; with `edgesIn16` of 16 an edge value, and as many of any exponent. */
  floats(count: number, edgesIn16: number): Uint32Array {
    return Uint32Array.from({ length: count }, () => {
      const kind = this.below(16);
      if (kind < edgesIn16) return this.pick(EDGE_FLOATS);
      const exponent = kind < 2 * edgesIn16 ? 2 + this.below(253) : 121 + this.below(8);
      return ((this.word() & 0x807fffff) | (exponent << 23)) >>> 0;
    });
  }

  /** Small, edge and any. */
  integers(count: number): Uint32Array {
    return Uint32Array.from({ length: count }, () => {
      const kind = this.below(3);
      return kind === 0 ? this.below(20) : kind === 1 ? this.pick(EDGE_WORDS) : this.word();
    });
  }
}
