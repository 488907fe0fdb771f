import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomProgram } from '#engine/program/randomProgram.ts';
import { layOperands } from './layOperand.ts';
import { planMemory } from './planMemory.ts';
import { placeOffset, tileMac } from './tileMac.ts';
import { kernelsOf } from './webgpuExecutor.ts';

const seeds = fc.integer({ min: 0, max: 0xffffffff });
const tunings = fc.record({
  leastInvocations: fc.constantFrom(1, 256, 16_384),
  mostCells: fc.constantFrom(1, 16, 32, 64, 128),
  workgroupMemory: fc.boolean(),
  mapsInFours: fc.boolean(),
});

describe('P5 memory planned statically', () => {
  test('buffers that are alive together never share words, but a next state written over its state', () => {
    fc.assert(
      fc.property(seeds, tunings, (seed, tuning) => {
        const { program } = randomProgram(seed);
        const plan = planMemory(program, tuning);
        const nextOf = new Map(program.state.map(({ next, tensor }) => [next, tensor]));
        const given = new Set([...program.inputs, ...program.state].map(({ tensor }) => tensor));
        const wanted = new Set([...given, ...plan.outputs, ...program.state.map(({ next }) => next)]);
        const ends = new Map<number, number>();
        const begins = new Map<number, number>();
        plan.kernels.forEach((kernel, k) => {
          for (const buffer of [...kernel.reads, ...kernel.writes]) {
            ends.set(buffer, k);
            if (!begins.has(buffer)) begins.set(buffer, k);
          }
        });
        const spans = [...new Set([...begins.keys(), ...wanted])].map((buffer) => ({
          buffer,
          from: plan.offsets[buffer] as number,
          to: (plan.offsets[buffer] as number) + (plan.sizes[buffer] as number),
          begin: given.has(buffer) ? 0 : (begins.get(buffer) ?? 0),
          end: wanted.has(buffer) ? plan.kernels.length : (ends.get(buffer) as number),
        }));
        for (const [n, a] of spans.entries()) {
          expect(a.to).toBeLessThanOrEqual(plan.words);
          for (const b of spans.slice(n + 1)) {
            if (nextOf.get(a.buffer) === b.buffer || nextOf.get(b.buffer) === a.buffer) continue;
            const together = a.begin <= b.end && b.begin <= a.end;
            if (together) expect(a.from < b.to && b.from < a.to).toBe(false);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('kernels of one shape have one text wherever their buffers are', () => {
    const { program } = randomProgram(3);
    const moved = {
      ...program,
      tensors: [...program.tensors, { name: 'more', dtype: 'f32' as const, shape: [1000] }],
      inputs: [{ tensor: program.tensors.length, source: { kind: 'argument' as const, name: 'more' } }, ...program.inputs],
    };
    const texts = [program, moved].map((one) =>
      kernelsOf(planMemory(one, { leastInvocations: 256, mostCells: 32, workgroupMemory: false, mapsInFours: false })).map(({ code }) => code),
    );
    expect(texts[1]).toEqual(texts[0]);
  });
});

describe('N4 tiles of a mac', () => {
  test('every output is in exactly one cell, and every block in one split', () => {
    const size = fc.integer({ min: 1, max: 70 });
    fc.assert(
      fc.property(size, size, fc.integer({ min: 1, max: 2000 }), tunings, (m, n, terms, tuning) => {
        const read = (tensor: number, view: number[], axes: number[]) => ({
          tensor,
          view,
          index: axes.map((axis) => ({ terms: [[axis, 1] as const], offset: 0, div: 1, exact: false })),
          fill: 0,
        });
        const operation = {
          label: 'product',
          out: 2,
          shape: [m, n],
          reduce: 'mac' as const,
          extents: [terms],
          reads: [read(0, [m, terms], [0, 2]), read(1, [terms, n], [2, 1])],
          body: [
            { op: 'read' as const, read: 0 },
            { op: 'read' as const, read: 1 },
          ],
          results: [0, 1],
        };
        const operands = layOperands(operation);
        if (!operands) throw new Error('plain reads must be laid out');
        const { grouped, rows, columns, splits, blocksPerSplit } = tileMac(operation, operands, 64, true, tuning);
        for (const [axis, extent] of [
          [rows, m],
          [columns, n],
        ] as const) {
          if (axis.axis < 0) continue;
          // In groups, eight begin side by side, and the next eight beyond all places of these.
          const beginning = (at: number) => (grouped ? Math.floor(at / 8) * 8 * axis.tile + (at % 8) : at * axis.run);
          const cells = Array.from({ length: axis.tiles }, (_, at) => Array.from({ length: axis.tile }, (_, place) => beginning(at) + placeOffset(axis, place))).flat();
          expect(beginning(axis.tiles - 1)).toBe(axis.last);
          expect(new Set(cells).size).toBe(cells.length);
          expect(cells.filter((cell) => cell < extent).length).toBe(extent);
        }
        const blocks = Math.ceil(terms / 64);
        expect(splits * blocksPerSplit).toBeGreaterThanOrEqual(blocks);
        expect((splits - 1) * blocksPerSplit).toBeLessThan(blocks);
      }),
      { numRuns: 300 },
    );
  });
});
