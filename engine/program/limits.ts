/** What a Program may be at most (SPEC P4): so that no operation costs a court more than its gas, and no tab more than its memory. */
export const LIMITS = {
  rank: 8,
  reads: 16,
  bodyLines: 512,
  operationBytes: 16_384,
  operations: 20_000,
  tensors: 40_000,
  elementsPerTensor: 2 ** 28,
  /** Points of one operation's iteration space. */
  points: 2 ** 36,
  flopsPerStep: 2 ** 46,
  peakBytes: 2 ** 34,
  programBytes: 16 * 1024 * 1024,
  nameBytes: 200,
} as const;
