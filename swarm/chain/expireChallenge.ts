/** Ends a challenge that its challenger has not begun to play in time: it has lost its bond (A7). */
import { encodeFunctionData } from 'viem';
import { challengesAbi } from '#abi/challengesAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function expireChallenge(chain: ChainClient, { challenge }: { readonly challenge: bigint }): Promise<void> {
  const data = encodeFunctionData({ abi: challengesAbi, functionName: 'expire', args: [challenge] });
  await sendCall(chain, { action: 'expire the challenge', to: chain.deployment.addresses.challenges, data });
}
