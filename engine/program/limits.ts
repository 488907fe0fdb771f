/** What a Program may be at most (SPEC P4): so that no operation costs a court more than its gas, and no tab more than its memory. */
export const LIMITS = {
  rank: 8,
  reads: 16,
  bodyLines: 512,
  /** A defined function (SPEC N3) has at most so many lines, and counts as so many. */
  definedLines: 512,
  /** Body lines with functions counted so. A court executes about 16 000 in the gas of one transaction, and opens words besides. */
  courtLines: 8192,
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
