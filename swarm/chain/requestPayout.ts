/** From the payout delay on, claims and withdrawals go to `payout`. */
import { encodeFunctionData } from 'viem';
import { vaultAbi } from '#abi/vaultAbi.ts';
import type { Address } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function requestPayout(chain: ChainClient, { payout }: { readonly payout: Address }): Promise<void> {
  const data = encodeFunctionData({ abi: vaultAbi, functionName: 'requestPayout', args: [payout] });
  await sendCall(chain, { action: 'change the payout address', to: chain.deployment.addresses.vault, data });
}
