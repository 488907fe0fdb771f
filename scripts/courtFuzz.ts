/**
 * `npm run court:fuzz -- --cases 2000 --seed 1 --json out.json`: disputes about random rounds, every kind of lie in turn, on a
 * simulated chain. Says whether the honest side always won. maxMoveGas is null here: nothing on this path measures gas.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { LIES, type LieKind } from '#swarm/dispute/testing/lies.ts';
import { playCase } from '#swarm/dispute/testing/disputeCases.ts';

const { values } = parseArgs({ options: { cases: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' }, json: { type: 'string' } } });
const cases = Number(values.cases);
const seed = Number(values.seed);
if (!Number.isInteger(cases) || cases < 1 || !Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
  process.stderr.write('--cases takes a whole number from 1, --seed one from 0 to 4294967295\n');
  process.exit(2);
}

const byLie: Partial<Record<LieKind, { cases: number; honestWins: number }>> = {};
let honestWins = 0;
let maxTransactions = 0;
for (let k = 0; k < cases; k++) {
  const kind = LIES[k % LIES.length] as LieKind;
  const caseSeed = (Math.imul(seed, 0x9e3779b1) + k) >>> 0;
  const result = await playCase(kind, caseSeed).catch((error: unknown) => {
    process.stdout.write(`case ${k} (${kind}, seed ${caseSeed}) failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return null;
  });
  const won = result !== null && result.winner === result.honest;
  if (result && !won) process.stdout.write(`case ${k} (${kind}, seed ${caseSeed}): the ${result.winner} won, the honest side is the ${result.honest}: ${result.why}\n`);
  const counted = byLie[kind] ?? { cases: 0, honestWins: 0 };
  byLie[kind] = { cases: counted.cases + 1, honestWins: counted.honestWins + (won ? 1 : 0) };
  honestWins += won ? 1 : 0;
  maxTransactions = Math.max(maxTransactions, result?.transactions ?? 0);
  if ((k + 1) % 100 === 0) process.stdout.write(`${k + 1} of ${cases}: the honest side has won ${honestWins}\n`);
}
const report = { seed, cases, honestWins, byLie, maxMoveGas: null, maxTransactions };
if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 1)}\n`);
process.stdout.write(`${honestWins} of ${cases} won by the honest side; at most ${maxTransactions} transactions; gas not measured (no contract plays here)\n`);
process.exitCode = honestWins === cases ? 0 : 1;
