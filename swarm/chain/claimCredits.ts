/** Sends this account's credits to its payout address. */
import { encodeFunctionData } from 'viem';
import { vaultAbi } from '#abi/vaultAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function claimCredits(chain: ChainClient): Promise<void> {
  const data = encodeFunctionData({ abi: vaultAbi, functionName: 'claim', args: [chain.address] });
  await sendCall(chain, { action: 'claim the pay', to: chain.deployment.addresses.vault, data });
}
