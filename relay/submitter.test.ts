import { parseEther } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimCredits } from '#swarm/chain/claimCredits.ts';
import { type ChainClient, createChainClient } from '#swarm/chain/createChainClient.ts';
import { enlistAuditor } from '#swarm/chain/enlistAuditor.ts';
import { finishJob } from '#swarm/chain/finishJob.ts';
import { EMBEDDED_TIMING } from '#swarm/chain/deployContracts.ts';
import { encodeForwardRequest } from '#swarm/chain/forwardRequest.ts';
import { fundFromFaucet } from '#swarm/chain/fundFromFaucet.ts';
import { placeBid } from '#swarm/chain/placeBid.ts';
import { postJob } from '#swarm/chain/postJob.ts';
import { postNextRoot } from '#swarm/chain/postNextRoot.ts';
import { readAccount } from '#swarm/chain/readAccount.ts';
import { readJob } from '#swarm/chain/readJob.ts';
import { signForwardRequest } from '#swarm/chain/sendCall.ts';
import { settleRound } from '#swarm/chain/settleRound.ts';
import { closeAndDraw, commitWork, hashOf, makeTerms, playAudit } from '#swarm/chain/testing/playJob.ts';
import { RICH_KEY, startAnvil, type TestChain } from '#swarm/chain/testing/startAnvil.ts';
import { createSubmitter, type Submitter } from './submitter.ts';
import { mountSubmitter } from './testing/mountSubmitter.ts';

let chain: TestChain;
let submitter: Submitter;
let mount: { url: string; stop: () => void };
const batches: { requests: number; gasUsed: bigint }[] = [];

beforeAll(async () => {
  chain = await startAnvil();
  submitter = await createSubmitter({ rpcUrl: chain.rpcUrl, key: RICH_KEY, deployment: chain.deployment, onBatch: (batch) => batches.push(batch) });
  mount = await mountSubmitter(submitter);
}, 60_000);
afterAll(() => {
  mount?.stop();
  chain?.stop();
});

/** An account that never has any gas. */
async function newTab(): Promise<ChainClient> {
  const tab = await createChainClient({ rpcUrl: chain.rpcUrl, account: privateKeyToAccount(generatePrivateKey()), deployment: chain.deployment, submitter: { url: mount.url } });
  return tab;
}

const offer = { priceWei: parseEther('1'), macsPerSecond: 5000n, memoryBytes: 5000n, stakeWei: parseEther('20') };

test('S4 a whole job by signed requests alone: tabs without gas post, train, audit and are paid', async () => {
  const people = await Promise.all([newTab(), newTab(), newTab(), newTab()]);
  const [requestor, solverA, solverB, auditor] = people as [ChainClient, ChainClient, ChainClient, ChainClient];
  await Promise.all(people.map((tab) => fundFromFaucet(tab)));
  await chain.control.setBalance({ address: requestor.address, value: 0n });
  const job = await postJob(requestor, { terms: makeTerms() });
  await Promise.all([enlistAuditor(auditor, { job }), placeBid(solverA, { job, ...offer }), placeBid(solverB, { job, ...offer })]);
  const slotOf = async (tab: ChainClient) => (await readJob(tab, job)).bids.find(({ bidder }) => bidder === tab.address)?.slot as number;
  for (let round = 0; round < 2; round++) {
    await Promise.all([commitWork(solverA, [solverB], job, round, await slotOf(solverA)), commitWork(solverB, [auditor], job, round, await slotOf(solverB))]);
    await closeAndDraw(chain, requestor, job, round);
    await postNextRoot(solverA, { job, round: round + 1, globalRoot: hashOf('global', round + 1) });
    await playAudit(people, job, round, 0);
    await playAudit(people, job, round, 1);
    await chain.pass(EMBEDDED_TIMING.windowSeconds);
    await settleRound(auditor, { job, round });
  }
  await chain.pass(30);
  await finishJob(solverB, { job });
  let total = 0n;
  for (const tab of people) {
    await claimCredits(tab);
    const { balanceWei, stakedWei } = await readAccount(tab);
    total += balanceWei + stakedWei;
  }
  expect(total).toBe(parseEther('40000'));
  // What came at the same time went in one transaction.
  expect(Math.max(...batches.map(({ requests }) => requests))).toBeGreaterThan(1);
  expect(await requestor.publicClient.getTransactionCount({ address: requestor.address })).toBe(0);
});

async function signedDrip(tab: ChainClient) {
  const { encodeFunctionData } = await import('viem');
  const { faucetAbi } = await import('#abi/faucetAbi.ts');
  const data = encodeFunctionData({ abi: faucetAbi, functionName: 'drip' });
  return signForwardRequest(tab, { action: 'drip', to: chain.deployment.faucet as `0x${string}`, data }, 300_000n);
}

test('S4 a replayed, forged, altered or expired request is refused, and its neighbours go through', async () => {
  const [tab, other, third] = await Promise.all([newTab(), newTab(), newTab()]);
  const request = await signedDrip(tab);
  const otherRequest = await signedDrip(other);
  const json = encodeForwardRequest(request);
  const altered = { ...encodeForwardRequest(await signedDrip(third)), gas: '299999' };
  const stolen = { ...encodeForwardRequest(otherRequest), from: third.address };
  const first = await submitter.submit({ requests: [json, altered] });
  expect(first.results[0]).toMatchObject({ transaction: expect.stringMatching(/^0x/) });
  expect(first.results[1]).toMatchObject({ code: 'WrongSignature' });
  const second = await submitter.submit({ requests: [json, stolen, { ...json, deadline: '1000' }, { ...json, deadline: '99999999999' }, encodeForwardRequest(otherRequest)] });
  expect(second.results.map((result) => ('code' in result ? result.code : 'done'))).toEqual(['WrongNonce', 'WrongSignature', 'Expired', 'DeadlineTooFar', 'done']);
  expect((await readAccount(tab)).balanceWei).toBe(parseEther('10000'));
  expect((await readAccount(third)).balanceWei).toBe(0n);
});

test('S4 malformed bodies are refused with the reason and change nothing', async () => {
  const good = encodeForwardRequest(await signedDrip(await newTab()));
  const { forwarder, token } = chain.deployment.addresses;
  const bad: [unknown, RegExp][] = [
    [null, /the body must be/],
    [[], /the body must be/],
    [{ requests: [] }, /1 to 32 requests/],
    [{ requests: Array(33).fill(good) }, /1 to 32 requests/],
    [{ requests: [good, 7] }, /request 2 is not an object/],
    [{ requests: [{ ...good, nonce: 1 }] }, /nonce must be a string/],
    [{ requests: [{ ...good, nonce: '-1' }] }, /nonce must be a decimal/],
    [{ requests: [{ ...good, gas: '999999999' }] }, /gas is over/],
    [{ requests: [{ ...good, data: '0x12' }] }, /not call data/],
    [{ requests: [{ ...good, data: `0x${'00'.repeat(70_000)}` }] }, /data is over 65536 bytes/],
    [{ requests: [{ ...good, signature: '0x00' }] }, /signature must be 65 bytes/],
    [{ requests: [{ ...good, to: token }] }, /not a contract that this submitter serves/],
    [{ requests: [{ ...good, to: forwarder }] }, /not a contract that this submitter serves/],
  ];
  for (const [body, reason] of bad) await expect(submitter.submit(body)).rejects.toThrow(reason);
});

test("S4 a call that would fail is refused with the contract's reason, unsent", async () => {
  const tab = await newTab();
  const sent = batches.length;
  await expect(claimCredits(tab)).rejects.toThrow('could not claim the pay: there is nothing to claim yet');
  const { encodeFunctionData } = await import('viem');
  const { vaultAbi } = await import('#abi/vaultAbi.ts');
  const data = encodeFunctionData({ abi: vaultAbi, functionName: 'claim', args: [tab.address] });
  const request = await signForwardRequest(tab, { action: 'claim', to: chain.deployment.addresses.vault, data }, 300_000n);
  expect((await submitter.submit({ requests: [encodeForwardRequest(request)] })).results).toEqual([{ error: 'there is nothing to claim yet', code: 'NothingToClaim' }]);
  expect(batches.length).toBe(sent);
});

test('S4 a flood of one signer is held back, others are served', async () => {
  const strict = await createSubmitter({ rpcUrl: chain.rpcUrl, key: RICH_KEY, deployment: chain.deployment, requestsPerMinute: 2 });
  const tab = await newTab();
  const json = encodeForwardRequest(await signedDrip(tab));
  const flood = await strict.submit({ requests: [json, json, json] });
  expect(flood.results.map((result) => ('code' in result ? result.code : 'done'))).toEqual(['done', 'WrongNonce', 'TooManyRequests']);
  const other = await strict.submit({ requests: [encodeForwardRequest(await signedDrip(await newTab()))] });
  expect(other.results[0]).toHaveProperty('transaction');
});

test('S4 a submitter that is gone is named, and its tab loses nothing', async () => {
  const tab = await createChainClient({
    rpcUrl: chain.rpcUrl,
    account: privateKeyToAccount(generatePrivateKey()),
    deployment: chain.deployment,
    submitter: { url: 'http://127.0.0.1:9/api/submit' },
  });
  await expect(fundFromFaucet(tab)).rejects.toMatchObject({ code: 'SubmitterUnreachable' });
  const again = await createChainClient({ rpcUrl: chain.rpcUrl, account: privateKeyToAccount(generatePrivateKey()), deployment: chain.deployment, submitter: { url: mount.url } });
  await fundFromFaucet(again);
  expect((await readAccount(again)).balanceWei).toBe(parseEther('10000'));
});
