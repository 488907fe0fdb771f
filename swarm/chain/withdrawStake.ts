/** Sends the requested stake to the payout address once its delay is over. */
import { encodeFunctionData } from 'viem';
import { vaultAbi } from '#abi/vaultAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function withdrawStake(chain: ChainClient): Promise<void> {
  const data = encodeFunctionData({ abi: vaultAbi, functionName: 'withdraw' });
  await sendCall(chain, { action: 'withdraw the stake', to: chain.deployment.addresses.vault, data });
}
