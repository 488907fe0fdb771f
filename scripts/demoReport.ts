/** The figures of a demo run: printed in short, written as JSON, and judged: true when tabs and reference agree and value is conserved. */
import { writeFile } from 'node:fs/promises';
import { formatEther } from 'viem';
import { vaultAbi } from '#abi/vaultAbi.ts';
import { readAccount } from '#swarm/chain/readAccount.ts';
import { readJob } from '#swarm/chain/readJob.ts';
import { readEvents } from '#swarm/chain/readEvents.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { ChainEvent, JobView } from '#swarm/protocol/jobView.ts';
import type { WorkView } from '#web/tab/tabModel.ts';
import type { DemoRun } from './demo.ts';
import type { ReferenceRound } from './demoReference.ts';

const sum = (values: readonly bigint[]) => values.reduce((all, value) => all + value, 0n);

/** What the tabs alone can say. Read at the end of the job; they may be closed then. */
export async function readTabs({ requestor, lenders, job, balancesBefore }: DemoRun) {
  const tabs = [requestor, ...lenders];
  const tests = await requestor.ask<{ round: number; accuracy: number }[]>(`tab.jobs.value.find((card) => card.id === ${job}n)?.testAccuracy ?? []`);
  const estimate = await requestor.ask<{ parameters: number; deltaBytesPerRound: number }>('globalThis.prepared.estimate');
  const works = await Promise.all(tabs.map(async (tab) => ({ name: tab.name, work: (await tab.ask<WorkView[]>('tab.work.value'))[0] })));
  const addresses = new Map<string, Hash>();
  for (const tab of tabs) addresses.set(tab.name, (await tab.ask<{ address: Hash }>('tab.account.value')).address);
  return { tests, works, addresses, balancesBefore, deltaBytesPerParameter: estimate.deltaBytesPerRound / estimate.parameters };
}

export async function writeReport(
  run: DemoRun,
  tabs: Awaited<ReturnType<typeof readTabs>>,
  view: JobView,
  reference: readonly ReferenceRound[],
  say: (text: string) => void,
): Promise<boolean> {
  const { options, chain, wireBytes, wallSeconds } = run;
  const { tests, works, deltaBytesPerParameter } = tabs;
  // A struck liar leaves: what it computed before stays in its tab.
  const honestWorks = options.liar === null ? works : works.filter(({ name }) => name !== 'liar');
  const rootsOf = (round: number) => Object.fromEntries(honestWorks.flatMap(({ name, work }) => (work?.roots[round + 1] ? [[name, work.roots[round + 1]]] : [])));
  /** Tabs whose root of the round was logged before any peer's had reached them. */
  const loggedFirst = (round: number) => honestWorks.flatMap(({ name, work }) => (work?.computedAlone.includes(round + 1) ? [name] : []));
  const rounds = reference.map(({ round, loss, root, liars }) => ({
    round,
    loss,
    roots: rootsOf(round),
    loggedBeforePeers: loggedFirst(round),
    referenceRoot: root,
    liars,
    deltaBytesPerParameter,
    wireBytes: wireBytes[round],
  }));
  const slots = view.rounds.flatMap((round) => round.slots.map((slot) => ({ ...slot, beacon: slot.audit?.beacon ?? null })));
  const drawn = slots.filter(({ audit }) => audit !== null);
  const money = await readMoney(run, tabs.addresses);
  const audits = {
    drawn: drawn.length,
    matched: drawn.filter(({ audit }) => audit?.phase === 'matched').length,
    mismatched: drawn.filter(({ audit }) => audit?.phase === 'mismatched').length,
  };
  const report = {
    programHash: view.terms.programHash,
    profile: 'f12',
    rounds,
    testAccuracy: tests.at(-1)?.accuracy ?? null,
    audits,
    strikes: view.strikes,
    disputes: view.challenges.map(({ id, round, slot, challenger, defender, phase, play }) => ({
      id,
      round,
      slot,
      challenger,
      defender,
      phase,
      page: play && `/#/dispute/${play.game}`,
    })),
    draws: drawn.map(({ round, slot, audit }) => ({ round, slot, checkpoint: audit?.segment, auditor: audit?.auditor, beacon: audit?.beacon })),
    gas: await readGas(chain, view),
    ...money,
    stepMs: Object.fromEntries(works.flatMap(({ name, work }) => (work?.stepMs ? [[name, work.stepMs]] : []))),
    wallSeconds,
  };
  const agree = rounds.every(({ roots, referenceRoot }) => Object.values(roots).every((root) => root === referenceRoot) && Object.keys(roots).length > 0);
  const right = rounds.every(({ liars }) => liars.length === 0);
  // Who hands out another delta than it commits gets no receipts, and no commitment that could be struck.
  const struck = options.liar === null || options.liar === 'falseDelta' || view.strikes.some(({ solver }) => solver.toLowerCase() === tabs.addresses.get('liar')?.toLowerCase());
  const honest = options.liar === null ? audits.mismatched === 0 && right : struck && right;
  for (const { id, round, slot, phase, play } of view.challenges) {
    const outcome = { open: 'open', solverWrong: 'the solver was proven wrong', challengerWrong: 'the challenger was wrong', moot: 'moot' }[phase];
    say(`Challenge ${id}, round ${round + 1}, slot ${slot + 1}: ${outcome}.${play ? ` Its page: /#/dispute/${play.game}` : ''}`);
  }
  const look = options.data === null ? 'With --data FOLDER it can be looked at afterwards.' : `TUTTI_DATA=${options.data} npm start serves it.`;
  if (view.challenges.length > 0) say(look);
  if (options.liar !== null) say(`${struck ? 'The liar was slashed' : 'The liar WAS NOT SLASHED'}; ${right ? "every counted delta is the law's" : 'WRONG WORK COUNTS'}.`);
  say(
    `\n${agree ? "Every tab computed the reference's roots." : 'ROOTS DIFFER from the reference.'} ${audits.drawn} audits drawn, ${audits.matched} matched, ${audits.mismatched} mismatched.`,
  );
  const first = rounds.reduce((count, { loggedBeforePeers }) => count + loggedBeforePeers.length, 0);
  say(`${first} of ${rounds.reduce((count, { roots }) => count + Object.keys(roots).length, 0)} roots were logged before any peer's root of that round had reached the tab.`);
  if (report.testAccuracy !== null) say(`Test accuracy ${(report.testAccuracy * 100).toFixed(2)} %. A delta is ${deltaBytesPerParameter.toFixed(3)} bytes a parameter.`);
  for (const { account, amount, reason } of money.payouts) say(`${account}: ${formatEther(BigInt(amount))} TUT, ${reason}`);
  say(`Value ${money.conserved ? 'conserved' : 'NOT CONSERVED'}. ${wallSeconds.toFixed(0)} s from the start to the last payment.`);
  if (options.json) {
    await writeFile(options.json, `${JSON.stringify(report, (_, value) => (typeof value === 'bigint' ? value.toString() : value), 2)}\n`);
    say(`Written: ${options.json}`);
  }
  return agree && honest && money.conserved && view.phase === 'finished';
}

async function readMoney({ chain, job, balancesBefore }: DemoRun, addresses: ReadonlyMap<string, Hash>) {
  const after: Record<string, bigint> = {};
  const nameOf = new Map<string, string>();
  for (const [name, address] of addresses) {
    nameOf.set(address.toLowerCase(), name);
    const { balanceWei, stakedWei, creditWei, withdrawingWei } = await readAccount(chain, address);
    after[name] = balanceWei + stakedWei + creditWei + withdrawingWei;
  }
  const { escrowWei, requestor } = await readJob(chain, job);
  const events = await readEvents(chain, { job });
  const named = (account: unknown) => nameOf.get(String(account).toLowerCase()) ?? String(account);
  const payouts = events.flatMap(({ name, args }) => {
    if (name === 'SolverSlashed') {
      const { feeWei, rewardWei, challenger } = { challenger: challengerOf(events, args['id']), ...(args as { readonly feeWei: bigint; readonly rewardWei: bigint }) };
      return [{ account: named(challenger), amount: (feeWei + rewardWei).toString(), reason: `its share of the stake of ${named(args['solver'])}` }];
    }
    const amount = (args['payWei'] ?? args['feeWei'] ?? args['refundWei']) as bigint | undefined;
    const account = args['solver'] ?? args['auditor'] ?? (name === 'JobFinished' ? requestor : undefined);
    return amount !== undefined && amount > 0n && account && ['SlotPaid', 'AuditMatched', 'JobFinished'].includes(name)
      ? [{ account: named(account), amount: amount.toString(), reason: REASONS[name] ?? name }]
      : [];
  });
  const burnedWei = await chain.publicClient.readContract({ address: chain.deployment.addresses.vault, abi: vaultAbi, functionName: 'burnedWei' });
  // Before the bounty went into escrow, and after what was left of it came back: nothing is made, nothing lost.
  const conserved = sum(Object.values(balancesBefore)) === sum(Object.values(after)) + escrowWei + burnedWei;
  return { payouts, balances: { before: balancesBefore, after }, burnedWei, conserved };
}

function challengerOf(events: readonly ChainEvent[], id: unknown): unknown {
  return events.find(({ name, args }) => name === 'ChallengeOpened' && args['id'] === id)?.args['challenger'];
}

const REASONS: Readonly<Record<string, string>> = { SlotPaid: 'a trained round', AuditMatched: 'a checked piece', JobFinished: 'what was left of the bounty' };

/** Gas of all transactions of the job's events, and its share by slot and round, and by audit. */
async function readGas(chain: DemoRun['chain'], view: JobView) {
  const events = await readEvents(chain, { job: view.id });
  const transactions = [...new Map(events.map(({ transaction, name }) => [transaction, name])).entries()];
  let total = 0n;
  let audits = 0n;
  for (const [hash, name] of transactions) {
    const { gasUsed } = await chain.publicClient.getTransactionReceipt({ hash });
    total += gasUsed;
    if (name.startsWith('Audit') || name === 'RoundDrawn') audits += gasUsed;
  }
  const slotRounds = BigInt(Math.max(1, view.rounds.flatMap(({ slots }) => slots.filter(({ commitment }) => commitment)).length));
  const drawn = BigInt(Math.max(1, view.rounds.flatMap(({ slots }) => slots.filter(({ audit }) => audit)).length));
  return { perSlotRound: Number((total - audits) / slotRounds), perAudit: Number(audits / drawn), total: Number(total) };
}
