/** The newest jobs, newest first. */
import { jobsAbi } from '#abi/jobsAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import type { JobView } from '#swarm/protocol/jobView.ts';
import { readJob } from './readJob.ts';

export async function readJobs(chain: ChainClient, { limit = 50 }: { readonly limit?: number } = {}): Promise<JobView[]> {
  const count = await chain.publicClient.readContract({ address: chain.deployment.addresses.jobs, abi: jobsAbi, functionName: 'jobCount' });
  const ids: bigint[] = [];
  for (let id = count; id > 0n && ids.length < limit; id--) ids.push(id);
  return Promise.all(ids.map((id) => readJob(chain, id)));
}
