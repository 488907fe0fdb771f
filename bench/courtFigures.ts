/**
 * What a dispute costs: rounds of 64 steps of the text transformer with one lie each, disputed by honest players through the
 * real contracts on an embedded chain, once with every list opened and once with every list withheld.
 * `npm run bench:court -- [--json out.json] [--steps 64] [--every 16] [--batch 8] [--seed 1]`.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadTfjs } from '#engine/capture/loadTfjs.ts';
import { SMALL_TRANSFORMER, textTransformer } from '#engine/capture/presets/textTransformer.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import { PARTIES, startGames } from '#swarm/chain/testing/gamesOnAnvil.ts';
import { Account, type RoundMaterial } from '#swarm/dispute/account.ts';
import { prepareDispute, saltOf } from '#swarm/dispute/testing/disputeCases.ts';
import { materialOf } from '#swarm/dispute/testing/disputeMaterial.ts';
import type { AccountLie } from '#swarm/dispute/testing/lies.ts';
import { LyingAccount } from '#swarm/dispute/testing/lyingAccount.ts';
import { withholding } from '#swarm/dispute/testing/liarPlayers.ts';
import { initialGlobalState } from '#swarm/training/globalState.ts';
import { tinySpec } from '#swarm/training/tinyNet.fixture.ts';
import { readOptions } from '../scripts/readOptions.ts';
import { requireWritable } from '../scripts/requireWritable.ts';
import { wholeOption } from '../scripts/wholeOption.ts';

const { json, steps, every, batch, seed } = readOptions('npm run bench:court -- [--json out.json] [--steps 64] [--every 16] [--batch 8] [--seed 1]', () => {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      steps: { type: 'string', default: '64' },
      every: { type: 'string', default: '16' },
      batch: { type: 'string', default: '8' },
      seed: { type: 'string', default: '1' },
    },
  });
  const whole = (name: 'steps' | 'every' | 'batch') => wholeOption(name, values[name], 1);
  if (values.json !== undefined) requireWritable('--json', values.json);
  return { json: values.json, steps: whole('steps'), every: whole('every'), batch: whole('batch'), seed: wholeOption('seed', values.seed, 0, 0xffffffff) };
});
const KINDS: readonly AccountLie[] = ['wrong value', 'wrong operand', 'swapped batch rows'];
const say = (text: string) => void process.stdout.write(`${text}\n`);

async function transformerRound(): Promise<RoundMaterial> {
  const vocabulary = 32;
  const tf = await loadTfjs();
  const { program, state } = await textTransformer({
    tf,
    batch,
    seed: 1,
    optimizer: { kind: 'adam', learningRate: 0.002 },
    profile: 'f12',
    shape: { ...SMALL_TRANSFORMER, vocabulary },
  });
  const width = SMALL_TRANSFORMER.window + 1;
  const rows = 2 * steps * batch;
  const tokens = Int32Array.from({ length: rows * width }, (_, k) => (k * k + 7 * Math.floor(k / width)) % vocabulary);
  const shared = state.filter((_, k) => program.state[k]?.role !== 'local').map(({ initial }) => initial);
  const spec = { ...tinySpec, batch, stepsPerRound: steps, checkpointEvery: every };
  return materialOf(program, spec, [{ name: 'tokens', shape: [width], data: tokens }], 64, initialGlobalState(program, shared).tensors);
}

/** A party after training: it has the states at its checkpoints and nothing else. */
async function rested<A extends Account>(trained: Account, fresh: A): Promise<A> {
  for (let step = 0; step <= steps; step += every) fresh.know(step, await trained.stateAt(step));
  return fresh;
}

const material = await transformerRound();
say(`a round of ${steps} steps of the text transformer: ${material.program.operations.length} operations a step, checkpoints every ${every}`);
const truth = new Account(material, saltOf);
const right = await truth.checkpointRoots();
const games = await startGames();
const disputes = [];
try {
  for (const [k, kind] of KINDS.entries()) {
    const makeLiar = () => new LyingAccount(material, kind, new RandomWords(seed * 100 + k), saltOf);
    const trained = makeLiar();
    const wrong = await trained.checkpointRoots();
    if (wrong.every((root, c) => root === right[c])) {
      say(`${kind}: this lie left no trace in a checkpoint; take another --seed`);
      continue;
    }
    for (const path of ['one-shot', 'withheld'] as const) {
      const [challenger, defender] = [await rested(truth, new Account(material, saltOf)), await rested(trained, makeLiar())];
      const { players, ...prepared } = await prepareDispute(material, challenger, defender, PARTIES);
      const started = performance.now();
      const behaving = path === 'withheld' ? { ...players, defender: withholding(players.defender) } : players;
      const { gas, maxMoveGas, moves, ...played } = await games.play({ ...prepared, players: behaving });
      const seconds = (performance.now() - started) / 1000;
      const executed = { challenger: challenger.executed, defender: defender.executed };
      disputes.push({
        kind,
        path,
        ...played,
        gas: Number(gas),
        maxMoveGas: Number(maxMoveGas),
        executedSteps: executed,
        seconds,
        moves: moves.map((one) => ({ ...one, gas: Number(one.gas) })),
      });
      say(
        `${kind}, ${path}: the ${played.winner} won, ${played.transactions} transactions, ${gas} gas (dearest ${maxMoveGas}), ${played.calldataBytes} bytes, steps run again ${executed.challenger} and ${executed.defender}, ${seconds.toFixed(1)} s`,
      );
    }
  }
} finally {
  games.stop();
}
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ steps, checkpointEvery: every, batch, operations: material.program.operations.length, disputes }, null, 1)}\n`);
process.exit(disputes.length > 0 && disputes.every(({ winner }) => winner === 'challenger') ? 0 : 1);
