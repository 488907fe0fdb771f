/** Who makes an account's moves in disputes where it does not itself (SPEC D14). Null where nobody does. */
import { zeroAddress } from 'viem';
import { vaultAbi } from '#abi/vaultAbi.ts';
import type { Address } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';

export async function readDelegate(chain: ChainClient, account: Address = chain.address): Promise<Address | null> {
  const { deployment, publicClient } = chain;
  const found = await publicClient.readContract({ address: deployment.addresses.vault, abi: vaultAbi, functionName: 'delegateOf', args: [account] });
  return found === zeroAddress ? null : found;
}
