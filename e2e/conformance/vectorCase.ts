/** `vectors/scalars.json` as one Program: each body operation on its golden cases, whose results are constants. */
import { readFileSync } from 'node:fs';
import type { Bits } from '#engine/program/executor.ts';
import { BODY_OPS, type BodyOp } from '#engine/program/program.ts';
import { scalarProgram } from '#engine/program/scalarProgram.ts';
import type { Case } from './compareCase.ts';

export interface VectorCase extends Case {
  /** By output: the body operation, and the bits that the vectors have. */
  readonly golden: readonly { readonly op: BodyOp; readonly bits: Bits }[];
}

export function vectorCase(): VectorCase {
  const vectors = JSON.parse(readFileSync(new URL('../../vectors/scalars.json', import.meta.url), 'utf8')) as Record<BodyOp, string[]>;
  const columns = BODY_OPS.map((op) => ({ op, rows: vectors[op].map((line) => line.split(' ').map((word) => Number.parseInt(word, 16))) }));
  const { program, inputs } = scalarProgram(columns);
  const golden = columns.map(({ op, rows }) => ({ op, bits: Uint32Array.from(rows, (row) => row.at(-1) as number) }));
  return { name: 'golden scalar vectors', program, state: [], steps: [inputs], golden };
}
