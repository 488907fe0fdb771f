/** Starts the delay after which `withdrawStake` sends free stake to the payout address. */
import { encodeFunctionData } from 'viem';
import { vaultAbi } from '#abi/vaultAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function requestWithdraw(chain: ChainClient, { amountWei }: { readonly amountWei: bigint }): Promise<void> {
  const data = encodeFunctionData({ abi: vaultAbi, functionName: 'requestWithdraw', args: [amountWei] });
  await sendCall(chain, { action: 'withdraw the stake', to: chain.deployment.addresses.vault, data });
}
