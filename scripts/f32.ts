/**
 * `npm run -s f32 -- --executor reference`: one operation a line on standard input, such as `mul 3f800000 40490fdb`
 * (a body operation and hex bit patterns); the result's bits, a line each, on standard output.
 * `--executor webgpu` asks a WebGPU device of this machine; `--executor court` asks the contract, on an embedded chain of its own, by batched calls.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { evaluateScalar } from '#engine/numerics/evaluateScalar.ts';
import { BODY_OPS, type BodyOp } from '#engine/program/program.ts';
import { SIGNATURES } from '#engine/program/typeBody.ts';
import type { ScalarCase } from './startCourt.ts';

function fail(why: string, code = 2): never {
  process.stderr.write(`${why}\n`);
  process.exit(code);
}

function parseLine(line: string, at: number): ScalarCase {
  const [op = '', ...words] = line.trim().split(/\s+/);
  if (!(BODY_OPS as readonly string[]).includes(op)) fail(`line ${at + 1}: there is no operation "${op}". Known: ${BODY_OPS.join(' ')}`);
  const args = words.map((word) => (/^(0x)?[0-9a-f]{1,8}$/i.test(word) ? Number.parseInt(word, 16) : fail(`line ${at + 1}: "${word}" is not a hex bit pattern of up to 8 digits`)));
  const wanted = SIGNATURES[op as BodyOp].args.length;
  if (args.length !== wanted) fail(`line ${at + 1}: ${op} takes ${wanted} values, got ${args.length}`);
  return { op: op as BodyOp, args };
}

async function computeInCourt(cases: readonly ScalarCase[]): Promise<number[]> {
  const { startCourt } = await import('./startCourt.ts');
  const court = await startCourt();
  try {
    return await court.compute(cases);
  } finally {
    await court.stop();
  }
}

const EXECUTORS: Readonly<Record<string, (cases: readonly ScalarCase[]) => Promise<number[]>>> = {
  reference: async (cases) => cases.map(({ op, args }) => evaluateScalar(op, args)),
  webgpu: async (cases) => (await import('./computeOnWebgpu.ts')).computeOnWebgpu(cases),
  court: computeInCourt,
};

function chosenExecutor() {
  const { values } = parseArgs({ options: { executor: { type: 'string', default: 'reference' } } });
  const execute = Object.hasOwn(EXECUTORS, values.executor) ? EXECUTORS[values.executor] : undefined;
  if (!execute) throw new Error(`there is no executor "${values.executor}" here: use ${Object.keys(EXECUTORS).join(', ')}`);
  return execute;
}

/** Awaits `work`; where it fails, says why and ends with `code`. */
const orFail = <T>(work: () => T | Promise<T>, code: number): Promise<T> =>
  Promise.resolve()
    .then(work)
    .catch((error: unknown) => fail(error instanceof Error ? error.message : String(error), code));

const execute = await orFail(chosenExecutor, 2);
const cases = readFileSync(0, 'utf8')
  .split('\n')
  .flatMap((line, at) => (line.trim() === '' ? [] : [parseLine(line, at)]));
const results = await orFail(() => execute(cases), 1);
process.stdout.write(results.map((bits) => `${bits.toString(16).padStart(8, '0')}\n`).join(''));
