/** Takes this account's bid back; a holder leaves its slot. Committed work is still audited and paid. */
import { encodeFunctionData } from 'viem';
import { jobsAbi } from '#abi/jobsAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function withdrawBid(chain: ChainClient, { job }: { readonly job: bigint }): Promise<void> {
  const data = encodeFunctionData({ abi: jobsAbi, functionName: 'withdrawBid', args: [job] });
  await sendCall(chain, { action: 'withdraw the bid', to: chain.deployment.addresses.jobs, data });
}
