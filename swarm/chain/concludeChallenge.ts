/** Draws the consequences of a game that is over, or of a challenge whose work is gone (SPEC D11, A8). Anyone may. */
import { encodeFunctionData } from 'viem';
import { challengesAbi } from '#abi/challengesAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function concludeChallenge(chain: ChainClient, { challenge }: { readonly challenge: bigint }): Promise<void> {
  const data = encodeFunctionData({ abi: challengesAbi, functionName: 'conclude', args: [challenge] });
  await sendCall(chain, { action: 'conclude the challenge', to: chain.deployment.addresses.challenges, data });
}
