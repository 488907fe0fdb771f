/** Goes on with making rounds void after a strike (SPEC A8). Anyone may. */
import { encodeFunctionData } from 'viem';
import { roundsAbi } from '#abi/roundsAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function rollBackJob(chain: ChainClient, { job }: { readonly job: bigint }): Promise<void> {
  const data = encodeFunctionData({ abi: roundsAbi, functionName: 'rollBack', args: [job] });
  await sendCall(chain, { action: 'go back to the last good round', to: chain.deployment.addresses.rounds, data });
}
