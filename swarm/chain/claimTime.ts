/** Says that the side that is to move in a dispute has let its clock run out (SPEC D10). Anyone may. */
import { encodeFunctionData } from 'viem';
import { gameAbi } from '#abi/gameAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function claimTime(chain: ChainClient, { game }: { readonly game: bigint }): Promise<void> {
  const data = encodeFunctionData({ abi: gameAbi, functionName: 'timeout', args: [game] });
  await sendCall(chain, { action: 'say that time is up', to: chain.deployment.addresses.game, data });
}
