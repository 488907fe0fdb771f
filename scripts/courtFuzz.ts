/**
 * `npm run court:fuzz -- --cases 2000 --seed 1 --json out.json`: disputes about random rounds, every kind of lie in turn, on a
 * simulated chain; and the first `--embedded` of them (52 unless told) once more through the contracts on an embedded chain,
 * which must agree with every move. Says whether the honest side always won. maxMoveGas is of the embedded ones.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type GamesOnAnvil, PARTIES, startGames } from '#swarm/chain/testing/gamesOnAnvil.ts';
import { playCase, prepareCase } from '#swarm/dispute/testing/disputeCases.ts';
import { LIES, type LieKind } from '#swarm/dispute/testing/lies.ts';
import { readOptions } from './readOptions.ts';
import { requireWritable } from './requireWritable.ts';
import { wholeOption } from './wholeOption.ts';

const { cases, seed, embedded, json } = readOptions('npm run court:fuzz -- [--cases 2000] [--seed 1] [--embedded 52] [--json out.json]', () => {
  const { values } = parseArgs({
    options: { cases: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' }, embedded: { type: 'string', default: '52' }, json: { type: 'string' } },
  });
  if (values.json !== undefined) requireWritable('--json', values.json);
  return {
    cases: wholeOption('cases', values.cases, 1),
    seed: wholeOption('seed', values.seed, 0, 0xffffffff),
    embedded: wholeOption('embedded', values.embedded, 0),
    json: values.json,
  };
});

const say = (text: string) => void process.stdout.write(`${text}\n`);
const byLie: Partial<Record<LieKind, { cases: number; honestWins: number }>> = {};
let honestWins = 0;
let maxTransactions = 0;
let maxMoveGas: number | null = null;

/** True when the honest side won, on every chain that it was played on. */
async function play(k: number, games: GamesOnAnvil | null): Promise<boolean> {
  const kind = LIES[k % LIES.length] as LieKind;
  const caseSeed = (Math.imul(seed, 0x9e3779b1) + k) >>> 0;
  const place = `case ${k} (${kind}, seed ${caseSeed})`;
  try {
    const simulated = await playCase(kind, caseSeed);
    maxTransactions = Math.max(maxTransactions, simulated.transactions);
    if (simulated.winner !== simulated.honest) say(`${place}: the ${simulated.winner} won: ${simulated.why}`);
    if (!games) return simulated.winner === simulated.honest;
    const prepared = await prepareCase(kind, caseSeed, PARTIES);
    const real = await games.play(prepared);
    maxTransactions = Math.max(maxTransactions, real.transactions);
    maxMoveGas = Math.max(maxMoveGas ?? 0, Number(real.maxMoveGas));
    if (real.winner !== prepared.honest) say(`${place}: on the embedded chain the ${real.winner} won`);
    return simulated.winner === simulated.honest && real.winner === prepared.honest;
  } catch (error) {
    say(`${place} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return false;
  }
}

const games = embedded > 0 ? await startGames() : null;
try {
  for (let k = 0; k < cases; k++) {
    const kind = LIES[k % LIES.length] as LieKind;
    const won = await play(k, k < embedded ? games : null);
    const counted = byLie[kind] ?? { cases: 0, honestWins: 0 };
    byLie[kind] = { cases: counted.cases + 1, honestWins: counted.honestWins + (won ? 1 : 0) };
    honestWins += won ? 1 : 0;
    if ((k + 1) % 100 === 0) say(`${k + 1} of ${cases}: the honest side has won ${honestWins}`);
  }
} finally {
  games?.stop();
}
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ seed, cases, honestWins, byLie, maxMoveGas, maxTransactions }, null, 1)}\n`);
say(
  `${honestWins} of ${cases} won by the honest side, ${Math.min(cases, embedded)} of them through the contracts too; at most ${maxTransactions} transactions and ${maxMoveGas ?? 'no measured'} gas a move`,
);
process.exitCode = honestWins === cases ? 0 : 1;
