/** Ends a job whose rounds are all settled: the remainder goes to the requestor, stakes unlock (S2). */
import { encodeFunctionData } from 'viem';
import { jobsAbi } from '#abi/jobsAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function finishJob(chain: ChainClient, { job }: { readonly job: bigint }): Promise<void> {
  const data = encodeFunctionData({ abi: jobsAbi, functionName: 'finish', args: [job] });
  await sendCall(chain, { action: 'finish the job', to: chain.deployment.addresses.jobs, data });
}
