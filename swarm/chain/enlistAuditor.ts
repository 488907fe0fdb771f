/** Offers to audit a job; deposits what the bond lacks. */
import { encodeFunctionData } from 'viem';
import { auditsAbi } from '#abi/auditsAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendStakedCall } from './sendStakedCall.ts';

export async function enlistAuditor(chain: ChainClient, { job }: { readonly job: bigint }): Promise<void> {
  const data = encodeFunctionData({ abi: auditsAbi, functionName: 'enlist', args: [job] });
  await sendStakedCall(chain, { action: 'enlist as an auditor', to: chain.deployment.addresses.audits, data });
}
