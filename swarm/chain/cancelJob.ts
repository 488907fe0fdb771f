/** The requestor takes the job back before it starts; the escrow returns as a credit (S2). */
import { encodeFunctionData } from 'viem';
import { jobsAbi } from '#abi/jobsAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function cancelJob(chain: ChainClient, { job }: { readonly job: bigint }): Promise<void> {
  const data = encodeFunctionData({ abi: jobsAbi, functionName: 'cancel', args: [job] });
  await sendCall(chain, { action: 'cancel the job', to: chain.deployment.addresses.jobs, data });
}
