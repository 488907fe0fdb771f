/** Lets another account make this one's moves in disputes (SPEC D14); address 0 takes it back. */
import { encodeFunctionData } from 'viem';
import { vaultAbi } from '#abi/vaultAbi.ts';
import type { Address } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function delegateDisputes(chain: ChainClient, { to }: { readonly to: Address }): Promise<void> {
  const data = encodeFunctionData({ abi: vaultAbi, functionName: 'delegate', args: [to] });
  await sendCall(chain, { action: 'name a stand-in', to: chain.deployment.addresses.vault, data });
}
