import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort, RICH_KEY, type TestChain } from '#swarm/chain/testing/startAnvil.ts';
import { readAccount } from '#swarm/chain/readAccount.ts';
import { buildTown, type Citizen, type Town } from './testing/town.ts';

let folder: string;
let town: Town | undefined;
let relay: ChildProcess | undefined;
let launchRelay: () => Promise<void>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-restarts-'));
});
afterEach(async () => {
  town?.stop();
  if (relay && relay.exitCode === null && relay.signalCode === null) await killRelay();
  // The chain may still be writing its last state.
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

/** The relay's own command line, with one key for submitter and janitor, as an operator would start it. */
async function startRelay(chain: TestChain): Promise<string> {
  const deployment = join(folder, 'deployment.json');
  await writeFile(deployment, JSON.stringify(chain.deployment));
  const port = await freePort();
  const args = [join(import.meta.dirname, '../../relay/main.ts'), '--data', join(folder, 'relay'), '--port', String(port), '--rpc', chain.rpcUrl, '--deployment', deployment];
  launchRelay = async () => {
    relay = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TUTTI_SUBMITTER_KEY: RICH_KEY } });
    if (!relay.stdout) throw new Error('the relay has no output');
    for await (const line of createInterface({ input: relay.stdout })) if (line.startsWith('relay ')) return;
    throw new Error('the relay ended before it was ready');
  };
  await launchRelay();
  return `http://127.0.0.1:${port}`;
}

async function killRelay(): Promise<void> {
  if (!relay) throw new Error('no relay runs');
  relay.kill('SIGKILL');
  await once(relay, 'exit');
}

test('S4, R2: a job that goes through a relay survives that the relay, and then the chain, is killed and started again', { timeout: 300_000 }, async () => {
  // A chain that is killed loses what waits for a block: whoever sent it tries again, and has the time for it.
  town = await buildTown({ answerSeconds: 120, stateFile: join(folder, 'chain.json'), relay: startRelay });
  const people = [];
  for (const name of ['requestor', 'ada', 'bob', 'vera']) people.push(await town.citizen(name));
  const [requestor, ada, bob, vera] = people as [Citizen, Citizen, Citizen, Citizen];
  const job = await town.post(requestor, { rounds: 3, roundSeconds: 60 });
  await town.verify(vera, job);
  await town.solve(ada, job);
  await town.solve(bob, job);

  const first = await town.until(job, 'the first round is closed', ({ rounds }) => rounds[0]?.closed === true);
  await killRelay();
  await new Promise((resume) => setTimeout(resume, 3000));
  await launchRelay();
  const second = await town.until(
    job,
    'another round is closed',
    ({ rounds }) => rounds.filter(({ closed }) => closed).length > first.rounds.filter(({ closed }) => closed).length,
  );
  await town.chain.restart();
  const view = await town.until(job, 'finished', ({ phase }) => phase === 'finished', 200_000);

  expect(view.rounds.map(({ slots }) => slots.map(({ phase, audit }) => `${phase}, ${audit?.phase}`))).toEqual([0, 1, 2].map(() => ['paid, matched', 'paid, matched']));
  // What stood on chain before the kills stands there still.
  expect(view.rounds[0]?.slots.map(({ commitment }) => commitment)).toEqual(first.rounds[0]?.slots.map(({ commitment }) => commitment));
  const settledThen = second.rounds.filter(({ slots }) => slots.every(({ phase }) => phase === 'paid'));
  for (const { round, slots } of settledThen) expect(view.rounds[round]?.slots).toEqual(slots);
  for (const round of [0, 1, 2, 3]) expect(await town.rootsOf(people, round), `roots of round ${round}`).toHaveLength(1);
  expect(view.escrowWei).toBe(0n);
  expect((await readAccount(ada.chain)).creditWei).toBe(3n * view.terms.maxPriceWei);
});
