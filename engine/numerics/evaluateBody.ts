/** Runs an operation's body over stretches of its iteration points: one loop a line, registers of a few thousand words. */
import type { BodyOp, Instruction, Operation } from '#engine/program/program.ts';
import type { Chunk } from './chunk.ts';
import { expandBody } from './expandBody.ts';
import { primitives } from './instructions.ts';
import { compileRead, makeSpace, type Space } from './readChunk.ts';
import type { RegisterPool } from './registerPool.ts';

export interface BodyPlan {
  readonly space: Space;
  /** Evaluates points start .. start + count (count <= CHUNK). False where a gathered index is out of range. */
  evaluate(tensors: readonly Uint32Array[], start: number, count: number): boolean;
  /** Registers of `operation.results`, good until another operation of the same pool is evaluated. */
  readonly results: readonly Chunk[];
}

type Line = (tensors: readonly Uint32Array[], start: number, count: number) => boolean;

export function planBody(operation: Operation, pool: RegisterPool): BodyPlan {
  const space = makeSpace([...operation.shape, ...operation.extents]);
  const { body, results } = expandBody(operation.body, operation.results);
  const plan = pool.plan();
  // A result, a read or a constant keeps its register to the end of the operation.
  const lastUse = lastUses(body, results);
  const reads = operation.reads.map(() => plan.take());
  const lines: Line[] = operation.reads.map((read, k) => {
    const fill = compileRead(read, space);
    return (tensors, start, count) => fill(tensors[read.tensor] as Uint32Array, start, count, reads[k] as Chunk, reads);
  });
  const constants: { readonly register: Chunk; readonly bits: number }[] = [];
  const registers: Chunk[] = [];
  body.forEach((line, at) => {
    if (line.op === 'read') {
      registers.push(reads[line.read] as Chunk);
      return;
    }
    const out = line.op === 'const' ? plan.takeUnused() : plan.take();
    registers.push(out);
    if (line.op === 'const') {
      constants.push({ register: out, bits: line.bits });
    } else if (line.op === 'axis') {
      lines.push(axisLine(space, line.axis, out));
    } else {
      const [a, b, c] = line.args.map((arg) => registers[arg] as Chunk);
      lines.push(bodyLine(line.op, out, a ?? out, b ?? out, c ?? out));
      for (const arg of new Set(line.args)) if (lastUse[arg] === at) plan.giveBack(registers[arg] as Chunk);
    }
  });
  return {
    space,
    results: results.map((result) => registers[result] as Chunk),
    evaluate(tensors, start, count) {
      // Earlier operations used these registers. The first stretch is the longest.
      if (start === 0) for (const { register, bits } of constants) register.u.fill(bits, 0, count);
      let good = true;
      for (const line of lines) good = line(tensors, start, count) && good;
      return good;
    },
  };
}

function bodyLine(op: BodyOp, out: Chunk, a: Chunk, b: Chunk, c: Chunk): Line {
  const run = primitives[op];
  if (!run) throw new Error(`${op} is not a primitive instruction`);
  return (_tensors, _start, count) => {
    run(out, a, b, c, count);
    return true;
  };
}

/** For each line the last that uses it; -1 where its register must be kept. */
function lastUses(body: readonly Instruction[], results: readonly number[]): number[] {
  const last = body.map(() => -1);
  body.forEach((line, at) => {
    if (!('args' in line)) return;
    for (const arg of line.args) {
      const used = body[arg]?.op;
      if (used !== 'read' && used !== 'const' && !results.includes(arg)) last[arg] = at;
    }
  });
  return last;
}

function axisLine(space: Space, axis: number, out: Chunk): Line {
  const inner = space.extents.slice(axis + 1).reduce((product, extent) => product * extent, 1);
  const extent = space.extents[axis] as number;
  return (_tensors, start, count) => {
    for (let k = 0; k < count; k++) out.i[k] = Math.floor((start + k) / inner) % extent;
    return true;
  };
}
