import { parseEther } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createChainClient } from '#swarm/chain/createChainClient.ts';
import { fundFromFaucet } from '#swarm/chain/fundFromFaucet.ts';
import { placeBid } from '#swarm/chain/placeBid.ts';
import { postJob } from '#swarm/chain/postJob.ts';
import { readAccount } from '#swarm/chain/readAccount.ts';
import { commitWork, makeTerms } from '#swarm/chain/testing/playJob.ts';
import { RICH_KEY, startAnvil, type TestChain } from '#swarm/chain/testing/startAnvil.ts';
import { startJanitor } from './janitor.ts';

let chain: TestChain;
beforeAll(async () => {
  chain = await startAnvil();
}, 60_000);
afterAll(() => chain?.stop());

test('R5 S1 S2 when all tabs are gone, the janitor still closes, settles and finishes', async () => {
  const account = privateKeyToAccount(generatePrivateKey());
  await chain.control.setBalance({ address: account.address, value: parseEther('1') });
  const tab = await createChainClient({ rpcUrl: chain.rpcUrl, account, deployment: chain.deployment });
  await fundFromFaucet(tab);
  const job = await postJob(tab, { terms: makeTerms({ slots: 1, rounds: 2, auditRate: 0, receiptsNeeded: 0 }) });
  await placeBid(tab, { job, priceWei: parseEther('1'), macsPerSecond: 5000n, memoryBytes: 5000n, stakeWei: parseEther('20') });
  await commitWork(tab, [], job, 0, 0);
  const janitor = await startJanitor({ rpcUrl: chain.rpcUrl, key: RICH_KEY, deployment: chain.deployment, pollMs: 50 });
  // Block time passes; nobody but the janitor acts.
  const credit = async () => {
    await chain.pass(40);
    return (await readAccount(tab)).creditWei;
  };
  await expect.poll(credit, { timeout: 20_000, interval: 200 }).toBe(parseEther('6'));
  janitor.stop();
  expect((await readAccount(tab)).lockedWei).toBe(0n);
}, 30_000);
