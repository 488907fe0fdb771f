/** Draws the audits of a closed round once its beacon is known (A1, A2). When changes nothing. */
import { encodeFunctionData } from 'viem';
import { auditsAbi } from '#abi/auditsAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function drawAudits(chain: ChainClient, { job, round }: { readonly job: bigint; readonly round: number }): Promise<void> {
  const data = encodeFunctionData({ abi: auditsAbi, functionName: 'draw', args: [job, round, 0] });
  await sendCall(chain, { action: `draw the audits of round ${round + 1}`, to: chain.deployment.addresses.audits, data });
}
