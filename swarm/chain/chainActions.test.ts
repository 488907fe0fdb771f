import { type Hex, parseEther } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditsAbi } from '#abi/auditsAbi.ts';
import { tuttiTokenAbi } from '#abi/tuttiTokenAbi.ts';
import { cancelJob } from './cancelJob.ts';
import { challengeCommitment } from './challengeCommitment.ts';
import { challengeNextRoot } from './challengeNextRoot.ts';
import { claimCredits } from './claimCredits.ts';
import { claimSilence } from './claimSilence.ts';
import { type ChainClient, createChainClient, type TransactionReport } from './createChainClient.ts';
import { EMBEDDED_TIMING } from './deployContracts.ts';
import { deploymentId, parseDeployment } from './deployment.ts';
import { enlistAuditor } from './enlistAuditor.ts';
import { expireChallenge } from './expireChallenge.ts';
import { finishJob } from './finishJob.ts';
import { fundFromFaucet } from './fundFromFaucet.ts';
import { placeBid } from './placeBid.ts';
import { postJob } from './postJob.ts';
import { postNextRoot } from './postNextRoot.ts';
import { readAccount } from './readAccount.ts';
import { readEvents } from './readEvents.ts';
import { readJob } from './readJob.ts';
import { readJobs } from './readJobs.ts';
import { requestWithdraw } from './requestWithdraw.ts';
import { settleRound } from './settleRound.ts';
import { closeAndDraw, commitWork, hashOf, makeTerms, playAudit } from './testing/playJob.ts';
import { RICH_KEY, startAnvil, type TestChain } from './testing/startAnvil.ts';
import { watchBlocks } from './watchBlocks.ts';
import { withdrawBid } from './withdrawBid.ts';
import { withdrawStake } from './withdrawStake.ts';

let chain: TestChain;
const spent: TransactionReport[] = [];

beforeAll(async () => {
  chain = await startAnvil();
}, 60_000);
afterAll(() => chain?.stop());

async function newPerson(key: Hex = generatePrivateKey()): Promise<ChainClient> {
  const account = privateKeyToAccount(key);
  await chain.control.setBalance({ address: account.address, value: parseEther('10') });
  const client = await createChainClient({ rpcUrl: chain.rpcUrl, account, deployment: chain.deployment, onTransaction: (report) => spent.push(report) });
  await fundFromFaucet(client);
  return client;
}

const offer = { priceWei: parseEther('1'), macsPerSecond: 5000n, memoryBytes: 5000n, stakeWei: parseEther('20') };

async function startJob(changes: Parameters<typeof makeTerms>[0] = {}) {
  const [requestor, solverA, solverB, auditor] = await Promise.all([newPerson(), newPerson(), newPerson(), newPerson()]);
  const people = [requestor, solverA, solverB, auditor];
  const job = await postJob(requestor, { terms: makeTerms(changes) });
  await enlistAuditor(auditor, { job });
  await placeBid(solverA, { job, ...offer });
  await placeBid(solverB, { job, ...offer });
  return { requestor, solverA, solverB, auditor, people, job };
}

const totalOf = async (people: readonly ChainClient[]) => {
  let total = 0n;
  for (const one of people) {
    const { balanceWei, stakedWei, creditWei, withdrawingWei } = await readAccount(one);
    total += balanceWei + stakedWei + creditWei + withdrawingWei;
  }
  return total;
};

test('S1 S2 S3 S4 a whole job by tabs with an RPC of their own: everyone is paid, nothing is lost', async () => {
  const { requestor, solverA, solverB, auditor, people, job } = await startJob();
  const before = parseEther('40000');
  const running = await readJob(requestor, job);
  expect(running.phase).toBe('running');
  expect(running.bids.map(({ slot }) => slot)).toEqual([0, 1]);
  expect((await totalOf(people)) + running.escrowWei).toBe(before);
  for (let round = 0; round < 2; round++) {
    await commitWork(solverA, [solverB], job, round, 0);
    await commitWork(solverB, [auditor, requestor], job, round, 1);
    await closeAndDraw(chain, requestor, job, round);
    await postNextRoot(solverA, { job, round: round + 1, globalRoot: hashOf('global', round + 1) });
    await playAudit(people, job, round, 0);
    await playAudit(people, job, round, 1);
    const dues = async () => (await readJob(requestor, job)).rounds[round]?.slots.map(({ phase, due }) => [phase, due]);
    // What was checked, too, can be challenged from outside until its window has passed.
    expect(await dues()).toEqual([
      ['waiting', false],
      ['waiting', false],
    ]);
    await chain.pass(EMBEDDED_TIMING.windowSeconds);
    expect(await dues()).toEqual([
      ['waiting', true],
      ['waiting', true],
    ]);
    await settleRound(auditor, { job, round });
  }
  const settled = await readJob(requestor, job);
  expect(settled.rounds.map(({ slots }) => slots.map(({ phase }) => phase))).toEqual([
    ['paid', 'paid'],
    ['paid', 'paid'],
  ]);
  expect(settled.finalRoot).toBe(hashOf('global', 2));
  const committed = (await readEvents(requestor)).find(({ name, args }) => name === 'Committed' && args['job'] === job && args['slot'] === 1);
  expect(committed?.args['keepers']).toEqual([auditor.address, requestor.address]);
  await chain.pass(30);
  expect((await readJob(requestor, job)).finishable).toBe(true);
  await finishJob(solverB, { job });
  const accounts = await Promise.all(people.map((one) => readAccount(one)));
  expect(accounts.map(({ lockedWei }) => lockedWei)).toEqual([0n, 0n, 0n, 0n]);
  // Prices of 1 against a maximum of 2: half of the pay share returns to the requestor.
  expect(accounts.map(({ creditWei }) => creditWei)).toEqual([parseEther('4'), parseEther('2'), parseEther('2'), parseEther('4')]);
  expect(accounts[1]?.reputation).toBe(102);
  for (const one of people) await claimCredits(one);
  expect(await totalOf(people)).toBe(before);
  const gas = (action: string) => spent.filter((report) => report.action.startsWith(action)).map(({ gasUsed }) => gasUsed);
  console.log(
    'gas',
    Object.fromEntries(['commit round', 'close round', 'draw', 'post the state', 'attest', 'open', 'reveal', 'settle'].map((action) => [action, gas(action).join(' ')])),
  );
});

test('S3 the story can be rebuilt from events', async () => {
  const person = await newPerson();
  const jobs = await readJobs(person);
  const job = jobs.at(-1)?.id as bigint;
  const events = await readEvents(person, { job });
  const names = events.map(({ name }) => name);
  for (const name of [
    'JobPosted',
    'SlotTaken',
    'JobStarted',
    'Committed',
    'RoundClosed',
    'NextRootPosted',
    'AuditDrawn',
    'AuditAttested',
    'AuditOpened',
    'AuditMatched',
    'SlotPaid',
    'JobFinished',
  ])
    expect(names).toContain(name);
  expect(events.every(({ time, block }) => time > 1_600_000_000 && block > 0n)).toBe(true);
  expect(await readEvents(person, { job })).toEqual(events);
});

test('A6 D12 a reveal that differs holds the pay; whoever accused and never plays loses its bond to the solver, which is paid', async () => {
  const { requestor, solverA, solverB, auditor, people, job } = await startJob({ rounds: 1 });
  await commitWork(solverA, [solverB], job, 0, 0);
  await commitWork(solverB, [solverA], job, 0, 1);
  await closeAndDraw(chain, requestor, job, 0);
  await playAudit(people, job, 0, 0);
  await playAudit(people, job, 0, 1, true);
  const held = await readJob(requestor, job);
  expect(held.rounds[0]?.slots[1]?.phase).toBe('held');
  expect(held.rounds[0]?.slots[1]?.audit?.phase).toBe('mismatched');
  const challenge = held.challenges[0];
  expect(challenge).toMatchObject({ job, round: 0, slot: 1, challenger: auditor.address, phase: 'open' });
  await expect(expireChallenge(requestor, { challenge: challenge?.id as bigint })).rejects.toThrow(/runs until/);
  await chain.pass(EMBEDDED_TIMING.windowSeconds);
  await settleRound(requestor, { job, round: 0 });
  await chain.pass(200);
  await expireChallenge(requestor, { challenge: challenge?.id as bigint });
  await settleRound(requestor, { job, round: 0 });
  await finishJob(requestor, { job });
  const after = await readJob(requestor, job);
  expect(after.rounds[0]?.slots.map(({ phase }) => phase)).toEqual(['paid', 'paid']);
  expect(after.challenges[0]?.phase).toBe('challengerWrong');
  expect((await readAccount(solverB)).creditWei).toBe((await readAccount(solverA)).creditWei + (challenge?.bondWei as bigint));
  expect((await readAccount(auditor)).lockedWei).toBe(0n);
  expect(await totalOf(people)).toBe(parseEther('40000'));
});

test('A4 A5 R6 silence, open challenges, leaving and cancelling', async () => {
  const { requestor, solverA, solverB, auditor, job } = await startJob({ rounds: 1, slots: 2 });
  await commitWork(solverA, [solverB], job, 0, 0);
  await commitWork(solverB, [solverA], job, 0, 1);
  const id = await challengeCommitment(auditor, { job, round: 0, slot: 0, claimed: hashOf('other') });
  await closeAndDraw(chain, requestor, job, 0);
  await postNextRoot(solverA, { job, round: 1, globalRoot: hashOf('wrong') });
  await expect(challengeNextRoot(requestor, { job, round: 1, claimed: hashOf('wrong') })).rejects.toThrow(/nothing to dispute/);
  const other = await challengeNextRoot(requestor, { job, round: 1, claimed: hashOf('right') });
  await expect(claimSilence(requestor, { job, round: 0, slot: 0 })).rejects.toThrow(/there is time until/);
  await chain.pass(200);
  const stakedBefore = (await readAccount(auditor)).stakedWei;
  await claimSilence(requestor, { job, round: 0, slot: 0 });
  expect((await readAccount(auditor)).stakedWei).toBe(stakedBefore - parseEther('3'));
  await expireChallenge(requestor, { challenge: id });
  await expireChallenge(requestor, { challenge: other });
  expect((await readJob(requestor, job)).rounds[0]?.drawn).toBe(false);
  const waiting = await postJob(requestor, { terms: makeTerms() });
  await placeBid(solverA, { job: waiting, ...offer });
  await withdrawBid(solverA, { job: waiting });
  await cancelJob(requestor, { job: waiting });
  expect((await readJob(requestor, waiting)).phase).toBe('cancelled');
  await requestWithdraw(solverA, { amountWei: parseEther('1') });
  await expect(withdrawStake(solverA)).rejects.toThrow(/is ready at/);
  await chain.pass(61);
  await withdrawStake(solverA);
  expect((await readAccount(solverA)).withdrawingWei).toBe(0n);
});

test('R2 R8 refusals come as sentences, before gas is spent', async () => {
  const { requestor, solverA, solverB, auditor, job } = await startJob();
  const count = spent.length;
  await expect(placeBid(auditor, { job, ...offer, priceWei: parseEther('3') })).rejects.toThrow("the price of 3 TUT is over the job's maximum of 2 TUT");
  await expect(placeBid(auditor, { job, ...offer, macsPerSecond: 1n })).rejects.toThrow(/needs 1000 multiply-adds/);
  await expect(commitWork(solverB, [solverA], job, 0, 0)).rejects.toMatchObject({ code: 'NotHolder' });
  await expect(commitWork(solverA, [solverA], job, 0, 0)).rejects.toMatchObject({ code: 'TooFewReceipts', args: [0n, 1n] });
  await expect(closeAndDraw(chain, requestor, job, 0)).rejects.toThrow(/closes when all have committed/);
  await expect(finishJob(requestor, { job })).rejects.toThrow(/has closed 0 of 2 rounds/);
  await expect(readJob(requestor, 999n)).rejects.toThrow('job 999 is not on this chain');
  await expect(placeBid(auditor, { job, ...offer, stakeWei: parseEther('50000') })).rejects.toThrow(/more are needed, this account has/);
  expect(spent.length).toBe(count);
});

test('S4 an RPC of another chain, a chain begun anew, and a dead RPC are named', async () => {
  const account = privateKeyToAccount(RICH_KEY);
  const { deployment, rpcUrl } = chain;
  await expect(createChainClient({ rpcUrl, account, deployment: { ...deployment, chainId: 10 } })).rejects.toThrow(
    'the RPC says that it is chain 90210, but the contracts are on chain 10',
  );
  await expect(createChainClient({ rpcUrl, account, deployment: { ...deployment, blockHash: hashOf('another chain') } })).rejects.toThrow(/was the chain started anew/);
  await expect(createChainClient({ rpcUrl: 'http://127.0.0.1:9', account, deployment })).rejects.toThrow(/the chain does not answer/);
  expect(parseDeployment(JSON.parse(JSON.stringify(deployment)))).toEqual(deployment);
  expect(() => parseDeployment({ ...deployment, faucet: 'x' })).toThrow(/faucet/);
  expect(deploymentId(deployment)).toMatch(/^90210-[0-9a-f]{8}-[0-9a-f]{16}$/);
});

test('watchBlocks calls back on new blocks', async () => {
  const person = await newPerson();
  const heads: bigint[] = [];
  const stop = watchBlocks(person, ({ number }) => heads.push(number), { pollMs: 20 });
  await expect.poll(() => heads.length).toBe(1);
  await chain.control.mine({ blocks: 1 });
  await expect.poll(() => heads.length).toBe(2);
  stop();
  expect(heads[1]).toBeGreaterThan(heads[0] as bigint);
});

test('A1 a draw is possible long after, by the history of block hashes (EIP-2935)', async () => {
  const { requestor, solverA, solverB, auditor, job } = await startJob();
  await commitWork(solverA, [solverB], job, 0, 0);
  await commitWork(solverB, [solverA], job, 0, 1);
  const { closeRound } = await import('./closeRound.ts');
  await closeRound(requestor, { job, round: 0 });
  await chain.control.mine({ blocks: 400 });
  const { drawAudits } = await import('./drawAudits.ts');
  await drawAudits(solverA, { job, round: 0 });
  const view = await readJob(requestor, job);
  const beacon = (await requestor.publicClient.getBlock({ blockNumber: view.rounds[0]?.beaconBlock as bigint })).hash;
  expect(view.rounds[0]?.slots.map(({ audit }) => [audit?.beacon, audit?.auditor])).toEqual([
    [beacon, auditor.address],
    [beacon, auditor.address],
  ]);
  expect(await requestor.publicClient.readContract({ address: chain.deployment.addresses.audits, abi: auditsAbi, functionName: 'pendingDraws', args: [job] })).toBe(0n);
});

test('the supply is fixed', async () => {
  const person = await newPerson();
  expect(await person.publicClient.readContract({ address: chain.deployment.addresses.token, abi: tuttiTokenAbi, functionName: 'totalSupply' })).toBe(parseEther('1000000000'));
});
