/** Runs an operation's body over stretches of its iteration points: one loop a line, registers of a few thousand words. */
import type { Operation } from '#engine/program/program.ts';
import { CHUNK, type Chunk, newChunk } from './chunk.ts';
import { expandBody } from './expandBody.ts';
import { primitives } from './instructions.ts';
import { compileRead, type FillRead, makeSpace, type Space } from './readChunk.ts';

export interface BodyPlan {
  readonly space: Space;
  /** Evaluates points start .. start + count (count <= CHUNK). False where a gathered index is out of range. */
  evaluate(tensors: readonly Uint32Array[], start: number, count: number): boolean;
  /** Registers of `operation.results`. */
  readonly results: readonly Chunk[];
}

type Line = (tensors: readonly Uint32Array[], start: number, count: number) => boolean;

export function planBody(operation: Operation): BodyPlan {
  const space = makeSpace([...operation.shape, ...operation.extents]);
  const { body, results } = expandBody(operation.body, operation.results);
  const size = Math.min(CHUNK, space.points);
  const reads = operation.reads.map(() => newChunk(size));
  const fills = operation.reads.map((read) => compileRead(read, space));
  const registers: Chunk[] = [];
  const lines: Line[] = operation.reads.map((read, k) => (tensors, start, count) =>
    (fills[k] as FillRead)(tensors[read.tensor] as Uint32Array, start, count, reads[k] as Chunk, reads));
  for (const line of body) {
    if (line.op === 'read') {
      registers.push(reads[line.read] as Chunk);
      continue;
    }
    const out = newChunk(size);
    registers.push(out);
    if (line.op === 'const') {
      out.u.fill(line.bits);
    } else if (line.op === 'axis') {
      lines.push(axisLine(space, line.axis, out));
    } else {
      const run = primitives[line.op];
      if (!run) throw new Error(`${line.op} is not a primitive instruction`);
      const [a, b, c] = line.args.map((arg) => registers[arg] as Chunk);
      lines.push((_tensors, _start, count) => {
        run(out, a ?? out, b ?? out, c ?? out, count);
        return true;
      });
    }
  }
  return {
    space,
    results: results.map((result) => registers[result] as Chunk),
    evaluate(tensors, start, count) {
      let good = true;
      for (const line of lines) good = line(tensors, start, count) && good;
      return good;
    },
  };
}

function axisLine(space: Space, axis: number, out: Chunk): Line {
  const inner = space.extents.slice(axis + 1).reduce((product, extent) => product * extent, 1);
  const extent = space.extents[axis] as number;
  return (_tensors, start, count) => {
    for (let k = 0; k < count; k++) out.i[k] = Math.floor((start + k) / inner) % extent;
    return true;
  };
}
