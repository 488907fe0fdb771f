/**
 * `npm run court:scalars -- --cases 100000 --seed 1`: the court against the reference on random and edge cases of every
 * instruction and defined function, bit for bit. Exit code 1, and the first differences, where one differs.
 */
import { parseArgs } from 'node:util';
import { evaluateScalar } from '#engine/numerics/evaluateScalar.ts';
import { BODY_OPS, type BodyOp } from '#engine/program/program.ts';
import { randomScalarCase } from './randomScalarCase.ts';
import { readOptions } from './readOptions.ts';
import { startCourt } from './startCourt.ts';
import { wholeOption } from './wholeOption.ts';

const hex = (bits: number) => bits.toString(16).padStart(8, '0');

const { count, seed } = readOptions('npm run court:scalars -- [--cases 100000] [--seed 1]', () => {
  const { values } = parseArgs({ options: { cases: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } } });
  return { count: wholeOption('cases', values.cases, 1), seed: wholeOption('seed', values.seed, 0, 0xffffffff) };
});
const nextCase = randomScalarCase(seed);
const cases = Array.from({ length: count }, (_, k) => nextCase(BODY_OPS[k % BODY_OPS.length] as BodyOp));
const court = await startCourt();
try {
  const given = await court.compute(cases);
  const wrong = cases.flatMap(({ op, args }, k) => {
    const law = evaluateScalar(op, args);
    return given[k] === law ? [] : [`${op} ${args.map(hex).join(' ')}: court ${hex(given[k] as number)}, law ${hex(law)}`];
  });
  for (const line of wrong.slice(0, 20)) process.stdout.write(`${line}\n`);
  process.stdout.write(`${count} cases of ${BODY_OPS.length} instructions, seed ${seed}: ${wrong.length} differ\n`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  await court.stop();
}
