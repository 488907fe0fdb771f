/** The requestor starts with the slots that are held now. */
import { encodeFunctionData } from 'viem';
import { jobsAbi } from '#abi/jobsAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function startJob(chain: ChainClient, { job }: { readonly job: bigint }): Promise<void> {
  const data = encodeFunctionData({ abi: jobsAbi, functionName: 'start', args: [job] });
  await sendCall(chain, { action: 'start the job', to: chain.deployment.addresses.jobs, data });
}
