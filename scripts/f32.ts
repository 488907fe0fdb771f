/**
 * `npm run -s f32 -- --executor reference`: one operation a line on standard input, such as `mul 3f800000 40490fdb`
 * (a body operation and hex bit patterns); the result's bits, a line each, on standard output.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { evaluateScalar } from '#engine/numerics/evaluateScalar.ts';
import { BODY_OPS, type BodyOp } from '#engine/program/program.ts';

function fail(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(2);
}

function evaluateLine(line: string, at: number): string {
  const [op = '', ...words] = line.trim().split(/\s+/);
  if (!(BODY_OPS as readonly string[]).includes(op)) fail(`line ${at + 1}: there is no operation "${op}". Known: ${BODY_OPS.join(' ')}`);
  const bits = words.map((word) => (/^(0x)?[0-9a-f]{1,8}$/i.test(word) ? Number.parseInt(word, 16) : fail(`line ${at + 1}: "${word}" is not a hex bit pattern of up to 8 digits`)));
  try {
    return evaluateScalar(op as BodyOp, bits)
      .toString(16)
      .padStart(8, '0');
  } catch (error) {
    return fail(`line ${at + 1}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const { values } = parseArgs({ options: { executor: { type: 'string', default: 'reference' } } });
if (values.executor !== 'reference') fail(`there is no executor "${values.executor}" here: use --executor reference`);
const results = readFileSync(0, 'utf8')
  .split('\n')
  .flatMap((line, at) => (line.trim() === '' ? [] : [evaluateLine(line, at)]));
process.stdout.write(results.map((line) => `${line}\n`).join(''));
