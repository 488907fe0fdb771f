import { encodeFunctionData } from 'viem';
import { afterEach, expect, test } from 'vitest';
import { tuttiTokenAbi } from '#abi/tuttiTokenAbi.ts';
import { readAccount } from '#swarm/chain/readAccount.ts';
import { lyingSolver } from './testing/lyingSolver.ts';
import { buildTown, type Citizen, type Town } from './testing/town.ts';

let town: Town;
afterEach(() => town?.stop());

/** What `terms` of the town ask: price and audit fee of one slot's round. */
const BOND_WEI = 3n * 10n ** 18n;

async function keepOnly(poor: Citizen, rich: Citizen, keptWei: bigint): Promise<void> {
  const { balanceWei } = await readAccount(poor.chain);
  const data = encodeFunctionData({ abi: tuttiTokenAbi, functionName: 'transfer', args: [rich.chain.address, balanceWei - keptWei] });
  await poor.chain.publicClient.waitForTransactionReceipt({ hash: await poor.chain.sendTransaction({ to: poor.chain.deployment.addresses.token, data, gas: 100_000n }) });
}

test('A6: an auditor that owns one bond stakes it on the lie that it found, loses its place until the bond is back, proves it, and the job ends', {
  timeout: 240_000,
}, async () => {
  town = await buildTown({ hurry: 4, challengeSeconds: 240 });
  const [requestor, ada, liam, vera] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('liam'), await town.citizen('vera')];
  const job = await town.post(requestor, { rounds: 3, roundSeconds: 120 });
  await keepOnly(vera, requestor, BOND_WEI);
  await town.verify(vera, job);
  await town.solve(ada, job);
  await town.solve(liam, job, lyingSolver.trainsOnWrongSlice().engine);
  const accused = await town.until(job, 'the lie is challenged', ({ challenges }) => challenges.length > 0);
  expect(accused.challenges[0]).toMatchObject({ bondWei: BOND_WEI, challenger: vera.chain.address, slot: 1 });
  expect(accused.auditors).toEqual([]);

  const view = await town.until(job, 'finished', ({ phase }) => phase === 'finished', 200_000);
  // Nobody took the liar's place: the honest slot alone finished the job.
  expect(view.rounds.map(({ slots }) => `${slots[0]?.phase}, ${slots[0]?.audit?.phase}`)).toEqual(['paid, matched', 'paid, matched', 'paid, matched']);
  expect(view.rounds.every(({ slots }) => slots[1]?.commitment === null)).toBe(true);
  expect(view.challenges.map(({ phase }) => phase)).toEqual(['solverWrong']);
  expect(vera.journal).toContain("Took a place among this job's checkers.");
  expect(view.challenges.every(({ bondWei }) => bondWei === BOND_WEI)).toBe(true);
  const { stakedWei, creditWei } = await readAccount(vera.chain);
  expect(stakedWei).toBe(BOND_WEI);
  // Fees, and a share of the stake.
  expect(creditWei).toBeGreaterThan(3n * view.terms.auditFeeWei + view.terms.stakePerSlotWei / 4n);
});
