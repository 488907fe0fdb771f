/** Offers to hold a slot of a job (R8), depositing what the stake lacks. */
import { encodeFunctionData } from 'viem';
import { jobsAbi } from '#abi/jobsAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendStakedCall } from './sendStakedCall.ts';

export async function placeBid(
  chain: ChainClient,
  {
    job,
    priceWei,
    macsPerSecond,
    memoryBytes,
    stakeWei,
  }: { readonly job: bigint; readonly priceWei: bigint; readonly macsPerSecond: bigint; readonly memoryBytes: bigint; readonly stakeWei: bigint },
): Promise<void> {
  const data = encodeFunctionData({ abi: jobsAbi, functionName: 'placeBid', args: [job, priceWei, macsPerSecond, memoryBytes, stakeWei] });
  await sendStakedCall(chain, { action: 'bid', to: chain.deployment.addresses.jobs, data });
}
