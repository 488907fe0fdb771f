/** Decides the pay of every due slot of a round (S1). */
import { encodeFunctionData } from 'viem';
import { roundsAbi } from '#abi/roundsAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function settleRound(chain: ChainClient, { job, round }: { readonly job: bigint; readonly round: number }): Promise<void> {
  const data = encodeFunctionData({ abi: roundsAbi, functionName: 'settle', args: [job, round, 0] });
  await sendCall(chain, { action: `settle round ${round + 1}`, to: chain.deployment.addresses.rounds, data });
}
