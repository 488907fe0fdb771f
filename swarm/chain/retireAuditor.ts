/** Leaves a job's auditors with the bond, once no draw can name this account and its audits are done. */
import { encodeFunctionData } from 'viem';
import { auditsAbi } from '#abi/auditsAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function retireAuditor(chain: ChainClient, { job }: { readonly job: bigint }): Promise<void> {
  const data = encodeFunctionData({ abi: auditsAbi, functionName: 'retire', args: [job] });
  await sendCall(chain, { action: 'retire as an auditor', to: chain.deployment.addresses.audits, data });
}
