/** Bonds, stakes and escrows come from free stake; what lacks is deposited from the account's balance. */
import { formatEther } from 'viem';
import { jobsAbi } from '#abi/jobsAbi.ts';
import { ChainError } from './chainError.ts';
import type { ChainClient } from './createChainClient.ts';
import { depositStake } from './depositStake.ts';
import { readAccount } from './readAccount.ts';

/** Errors: the balance does not reach; says how much lacks. */
export async function ensureFreeStake(chain: ChainClient, neededWei: bigint): Promise<void> {
  const { balanceWei, stakedWei, lockedWei } = await readAccount(chain, chain.address);
  const lackingWei = neededWei - (stakedWei - lockedWei);
  if (lackingWei <= 0n) return;
  if (balanceWei < lackingWei) {
    throw new ChainError(`${formatEther(neededWei)} TUT are needed, this account has ${formatEther(balanceWei + stakedWei - lockedWei)}: get some from the faucet or from someone`, 'BalanceTooLow', [neededWei]);
  }
  await depositStake(chain, { amountWei: lackingWei });
}

/** What roots, audits and challenges of a job are bonded with. */
export function bondWeiOf(chain: ChainClient, job: bigint): Promise<bigint> {
  return chain.publicClient.readContract({ address: chain.deployment.addresses.jobs, abi: jobsAbi, functionName: 'bondWeiOf', args: [job] });
}
