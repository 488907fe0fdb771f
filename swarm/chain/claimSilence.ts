/** Says that an auditor (A4) or a solver (A5) has let its time pass. Anyone may call it. */
import { encodeFunctionData } from 'viem';
import { auditsAbi } from '#abi/auditsAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function claimSilence(chain: ChainClient, { job, round, slot }: { readonly job: bigint; readonly round: number; readonly slot: number }): Promise<void> {
  const data = encodeFunctionData({ abi: auditsAbi, functionName: 'claimSilence', args: [job, round, slot, 0] });
  await sendCall(chain, { action: 'report the silence', to: chain.deployment.addresses.audits, data });
}
