/** One body operation on single values: for vectors, the command line, and tests. */
import type { BodyOp } from '#engine/program/program.ts';
import { SIGNATURES } from '#engine/program/typeBody.ts';
import { canon } from './canon.ts';
import { type Chunk, newChunk } from './chunk.ts';
import { expandBody } from './expandBody.ts';
import { primitives } from './instructions.ts';

interface Compiled {
  readonly inputs: readonly Chunk[];
  run(): void;
  readonly result: Chunk;
}

const compiled = new Map<BodyOp, Compiled>();

/** `args` and the result are bit patterns. f32 arguments are canonicalised first. Errors: RangeError for a wrong argument count. */
export function evaluateScalar(op: BodyOp, args: readonly number[]): number {
  const { args: wanted } = SIGNATURES[op];
  if (args.length !== wanted.length) throw new RangeError(`${op} takes ${wanted.length} values, got ${args.length}`);
  const program = compiled.get(op) ?? compile(op, wanted.length);
  compiled.set(op, program);
  args.forEach((bits, k) => {
    (program.inputs[k] as Chunk).u[0] = wanted[k] === 'f32' ? canon(bits) : bits;
  });
  program.run();
  return program.result.u[0] as number;
}

function compile(op: BodyOp, arity: number): Compiled {
  const parameters = Array.from({ length: arity }, (_, read) => ({ op: 'read' as const, read }));
  const { body, results } = expandBody([...parameters, { op, args: parameters.map((_, k) => k) }], [arity]);
  const registers = body.map(() => newChunk(1));
  const inputs = parameters.map((_, read) => registers[body.findIndex((line) => line.op === 'read' && line.read === read)] as Chunk);
  const steps = body.flatMap((line, at) => {
    const out = registers[at] as Chunk;
    if (line.op === 'const') out.u[0] = line.bits;
    if (!('args' in line)) return [];
    const run = primitives[line.op];
    if (!run) throw new Error(`${line.op} is not a primitive instruction`);
    const [a, b, c] = line.args.map((arg) => registers[arg] as Chunk);
    return [() => run(out, a ?? out, b ?? out, c ?? out, 1)];
  });
  return {
    inputs,
    run() {
      for (const step of steps) step();
    },
    result: registers[results[0] as number] as Chunk,
  };
}
