/** Offers to audit a job; deposits what the bond lacks, and, where the balance reaches, what the bonds of a few challenges take (A6). */
import { encodeFunctionData } from 'viem';
import { auditsAbi } from '#abi/auditsAbi.ts';
import { jobsAbi } from '#abi/jobsAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { fundStake } from './fundStake.ts';
import { sendStakedCall } from './sendStakedCall.ts';

/** A bond that went behind a challenge is replaced from free stake; without any, the first lie found would cost the place. */
const SPARE_BONDS = 3n;

export async function enlistAuditor(chain: ChainClient, { job }: { readonly job: bigint }): Promise<void> {
  const { jobs, audits } = chain.deployment.addresses;
  const bondWei = await chain.publicClient.readContract({ address: jobs, abi: jobsAbi, functionName: 'bondWeiOf', args: [job] });
  await fundStake(chain, { freeWei: bondWei * (1n + SPARE_BONDS) });
  const data = encodeFunctionData({ abi: auditsAbi, functionName: 'enlist', args: [job] });
  await sendStakedCall(chain, { action: 'enlist as an auditor', to: audits, data });
}
