/** A matrix product of 64 x 256 by 256 x 128: what the tab's speed is measured with, and part of its self-test. */
import type { Bits } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';

const ROWS = 64;
const INNER = 256;
const COLUMNS = 128;

const along = (axis: number) => ({ terms: [[axis, 1] as const], offset: 0, div: 1, exact: false });

export function benchmarkProgram(): { program: Program; inputs: Bits[]; macs: number } {
  const program: Program = {
    profile: 'f12',
    tensors: [
      { name: 'a', dtype: 'f32', shape: [ROWS, INNER] },
      { name: 'b', dtype: 'f32', shape: [INNER, COLUMNS] },
      { name: 'product', dtype: 'f32', shape: [ROWS, COLUMNS] },
    ],
    inputs: [
      { tensor: 0, source: { kind: 'argument', name: 'a' } },
      { tensor: 1, source: { kind: 'argument', name: 'b' } },
    ],
    state: [],
    outputs: [{ tensor: 2, name: 'product' }],
    operations: [
      {
        label: 'matrix product',
        out: 2,
        shape: [ROWS, COLUMNS],
        reduce: 'mac',
        extents: [INNER],
        reads: [
          { tensor: 0, view: [ROWS, INNER], index: [along(0), along(2)], fill: 0 },
          { tensor: 1, view: [INNER, COLUMNS], index: [along(2), along(1)], fill: 0 },
        ],
        body: [
          { op: 'read', read: 0 },
          { op: 'read', read: 1 },
        ],
        results: [0, 1],
      },
    ],
  };
  const wave = (count: number, step: number): Bits => new Uint32Array(Float32Array.from({ length: count }, (_, k) => ((k * step) % 997) / 499 - 1).buffer);
  return { program, inputs: [wave(ROWS * INNER, 131), wave(INNER * COLUMNS, 577)], macs: ROWS * INNER * COLUMNS };
}
