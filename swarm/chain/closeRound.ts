/** Fixes which slots count (R5, R7). Anyone may call it. */
import { encodeFunctionData } from 'viem';
import { roundsAbi } from '#abi/roundsAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function closeRound(chain: ChainClient, { job, round }: { readonly job: bigint; readonly round: number }): Promise<void> {
  const data = encodeFunctionData({ abi: roundsAbi, functionName: 'close', args: [job, round, 0] });
  await sendCall(chain, { action: `close round ${round + 1}`, to: chain.deployment.addresses.rounds, data });
}
