/**
 * A whole job, headless, with real tabs: posted, trained, audited, paid, and held against the reference.
 *   npm run demo -- --job mnist-dense --tabs 3 --rounds 4 [--json out.json] [--firefox] [--liar [kind]] [--file F] [--data FOLDER]
 * `--liar [kind]` has one tab fake its work (wrongSlice, skipsSegment, flipsLastBit, staleG, falseDelta); every slot is drawn then, and
 * one more tab waits for a slot: the court takes the liar's stake, and its work is done again.
 * `--data FOLDER` keeps chain and files there: `TUTTI_DATA=FOLDER npm start` then shows the job, its receipts and its disputes.
 * `--tabs N` are the tabs that lend themselves: N - 1 train, one checks. The requestor has a tab of its own.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatEther } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { DEMO_JOBS, type DemoJob, draftOf } from '../e2e/people/drafts.ts';
import { literal, openTab, type TabDriver } from '../e2e/people/tabDriver.ts';
import { createChainClient, type ChainClient } from '#swarm/chain/createChainClient.ts';
import { readJob } from '#swarm/chain/readJob.ts';
import type { JobView } from '#swarm/protocol/jobView.ts';
import { readTabs, writeReport } from './demoReport.ts';
import { retrainOnReference } from './demoReference.ts';
import { buildLiar } from './buildLiar.ts';
import { startTutti, type Tutti } from './startTutti.ts';

const say = (text: string) => console.log(text);

interface DemoOptions {
  readonly job: DemoJob;
  readonly tabs: number;
  readonly rounds: number;
  readonly json: string | null;
  readonly firefox: boolean;
  readonly liar: string | null;
  readonly file: string | null;
  readonly data: string | null;
}

function readOptions(args: readonly string[]): DemoOptions {
  const given = args.flatMap((arg, k) => (arg === '--liar' && (args[k + 1] ?? '--').startsWith('--') ? ['--liar', 'wrongSlice'] : [arg]));
  const { values } = parseArgs({
    args: given,
    options: {
      job: { type: 'string', default: 'mnist-dense' },
      tabs: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '4' },
      json: { type: 'string' },
      firefox: { type: 'boolean', default: false },
      liar: { type: 'string' },
      file: { type: 'string' },
      data: { type: 'string' },
    },
  });
  const job = DEMO_JOBS.find((name) => name === values.job);
  if (!job) throw new Error(`--job is one of ${DEMO_JOBS.join(', ')}, not ${values.job}`);
  const count = (name: 'tabs' | 'rounds', least: number, most: number) => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < least || value > most) throw new Error(`--${name} is a whole number from ${least} to ${most}, not ${values[name]}`);
    return value;
  };
  return {
    job,
    tabs: count('tabs', 2, 17),
    rounds: count('rounds', 1, 1000),
    json: values.json ?? null,
    firefox: values.firefox,
    liar: values.liar ?? null,
    file: values.file ?? null,
    data: values.data ?? null,
  };
}

export interface DemoRun {
  readonly options: DemoOptions;
  readonly tutti: Tutti;
  readonly requestor: TabDriver;
  readonly lenders: readonly TabDriver[];
  readonly chain: ChainClient;
  readonly job: bigint;
  /** Before the bounty went into escrow. */
  readonly balancesBefore: Readonly<Record<string, bigint>>;
  readonly startedAt: number;
  /** By round and tab: what its network carried until the round closed, the first with all that joining took. */
  readonly wireBytes: Record<string, { sent: number; received: number }>[];
  /** From the start of everything to the last payment; the reference's own training comes after. */
  wallSeconds: number;
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const text = options.file ? { name: basename(options.file), content: await readFile(options.file, 'utf8') } : undefined;
  const startedAt = Date.now();
  const dataDir = options.data ?? (await mkdtemp(join(tmpdir(), 'tutti-demo-')));
  const closers: (() => Promise<unknown>)[] = options.data === null ? [() => rm(dataDir, { recursive: true, force: true })] : [];
  try {
    const tutti = await startTutti({ dataDir, port: 0, onStep: say, onError: (error) => say(`relay: ${String(error)}`) });
    closers.push(() => tutti.stop());
    const liarUrl = options.liar ? await buildLiar(options.liar, tutti.url, closers) : null;
    const open = async (name: string, kind: 'chromium' | 'firefox' = 'chromium', url = tutti.url) => {
      const tab = await openTab(name, url, kind, say);
      closers.push(() => tab.close());
      return tab;
    };
    const requestor = await open('requestor');
    say('requestor: preparing the job');
    const draft = draftOf(options.job, { slots: options.tabs - 1, rounds: options.rounds, ...(text ? { text } : {}), ...(options.liar ? { change: { auditRate: 1 } } : {}) });
    await requestor.ask(`(async () => { globalThis.prepared = await tab.prepare(${literal(draft)}, () => {}); })()`);
    await requestor.ask('tab.fundFromFaucet()');
    const balancesBefore = await readBalances([requestor]);
    const chain = await createChainClient({ rpcUrl: tutti.rpcUrl, deployment: tutti.deployment, account: privateKeyToAccount(generatePrivateKey()) });
    const job = await requestor.ask<bigint>('tab.post(globalThis.prepared, () => {})');
    say(`requestor: posted job ${job}, ${formatEther((await readJob(chain, job)).escrowWei)} TUT in escrow`);
    const lenders: TabDriver[] = [];
    // Beside a liar one more tab waits for a slot: what the liar did wrong is to be done again.
    const count = options.tabs + (liarUrl ? 1 : 0);
    for (let k = 0; k < count; k++) {
      const checks = k === count - 1;
      const lies = liarUrl !== null && k === 0;
      const name = lies ? 'liar' : checks ? 'auditor' : `solver ${k + 1}`;
      const tab = await open(name, options.firefox && k === 1 - Number(options.tabs === 2) ? 'firefox' : 'chromium', lies ? (liarUrl as string) : tutti.url);
      lenders.push(tab);
      await tab.ask('tab.fundFromFaucet()');
    }
    Object.assign(balancesBefore, await readBalances(lenders));
    // The checker first: a round that nobody can check would be drawn again and again.
    const join = async (tab: TabDriver) => {
      const checks = tab.name === 'auditor';
      await tab.ask(`tab.contribute({ job: ${job}n, train: ${!checks}, verify: ${checks}, priceWei: null })`);
      say(`${tab.name}: ${(await tab.ask<{ name: string }>('tab.device.value')).name}, joined`);
    };
    const waiting = liarUrl ? (lenders.at(-2) as TabDriver) : null;
    for (const tab of lenders.toReversed()) if (tab !== waiting) await join(tab);
    if (waiting) await join(waiting);
    const run: DemoRun = { options, tutti, requestor, lenders, chain, job, balancesBefore, startedAt, wireBytes: [], wallSeconds: 0 };
    const view = await follow(run);
    run.wallSeconds = (Date.now() - startedAt) / 1000;
    const tabs = await readTabs(run);
    for (const tab of [requestor, ...lenders]) await tab.close();
    const reference = await retrainOnReference(tutti.url, view, say);
    const passed = await writeReport(run, tabs, view, reference, say);
    process.exitCode = passed ? 0 : 1;
  } finally {
    for (const close of closers.reverse()) await close().catch((error: unknown) => say(String(error)));
  }
}

async function readBalances(tabs: readonly TabDriver[]): Promise<Record<string, bigint>> {
  const balances: Record<string, bigint> = {};
  for (const tab of tabs) {
    const { balanceWei, stakedWei, creditWei } = await tab.ask<{ balanceWei: bigint; stakedWei: bigint; creditWei: bigint }>('tab.account.value');
    balances[tab.name] = balanceWei + stakedWei + creditWei;
  }
  return balances;
}

/** Each call: what every tab sent and received since the call before. */
function createWireMeter(tabs: readonly TabDriver[]) {
  const before = new Map<string, { sent: number; received: number }>();
  return async () => {
    const round: Record<string, { sent: number; received: number }> = {};
    for (const tab of tabs) {
      const now = await tab.ask<{ sent: number; received: number }>('({ sent: tab.network.value.sentBytes, received: tab.network.value.receivedBytes })');
      const then = before.get(tab.name) ?? { sent: 0, received: 0 };
      round[tab.name] = { sent: now.sent - then.sent, received: now.received - then.received };
      before.set(tab.name, now);
    }
    return round;
  };
}

/** Prints what changes until the job is over. */
async function follow({ chain, job, lenders, requestor, startedAt, wireBytes }: DemoRun): Promise<JobView> {
  let last = '';
  const wire = createWireMeter([requestor, ...lenders]);
  for (;;) {
    const view = await readJob(chain, job);
    const over = view.phase === 'finished' || view.phase === 'cancelled';
    while (wireBytes.length < (over ? view.rounds.length : view.round)) wireBytes.push(await wire());
    const slots =
      view.rounds
        .at(-1)
        ?.slots.map(({ phase, audit }) => (audit ? `${phase} (${audit.phase})` : phase))
        .join(', ') ?? 'waiting for tabs';
    const steps = await Promise.all(
      lenders.map(async (tab) => {
        const [work] = await tab.ask<{ phase: string; step: number; stepsPerRound: number; loss: number | null; failure: string | null }[]>('tab.work.value');
        return `${tab.name} ${work ? (work.phase === 'training' && work.step > 0 ? `step ${work.step}/${work.stepsPerRound}, loss ${work.loss?.toFixed(3)}` : work.phase) : 'idle'}${work?.failure ? ` [${work.failure}]` : ''}`;
      }),
    );
    const tests = await requestor.ask<{ round: number; accuracy: number }[]>(`tab.jobs.value.find((card) => card.id === ${job}n)?.testAccuracy ?? []`);
    const disputes = view.challenges.map(
      ({ id, phase, play }) => ` | dispute ${id}: ${phase === 'open' && play ? (play.winner ? `the ${play.winner} has won` : `the ${play.turn} is to move`) : phase}`,
    );
    const line = `round ${view.round + 1}: ${slots} | ${steps.join(' | ')}${disputes.join('')}${tests.length ? ` | test accuracy ${((tests.at(-1)?.accuracy ?? 0) * 100).toFixed(2)} %` : ''}`;
    if (line !== last) say(`${((Date.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}`);
    last = line;
    if (over) return view;
    await new Promise((resume) => setTimeout(resume, 2000));
  }
}

await main();
