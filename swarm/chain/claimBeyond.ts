/** The challenger agrees with the last checkpoint, and not with delta or proposal: no game covers these yet (SPEC A7). */
import { encodeFunctionData } from 'viem';
import { challengesAbi } from '#abi/challengesAbi.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function claimBeyond(chain: ChainClient, it: { readonly challenge: bigint; readonly proposalRoot: Hash; readonly deltaHash: Hash }): Promise<void> {
  const data = encodeFunctionData({ abi: challengesAbi, functionName: 'claimBeyond', args: [it.challenge, it.proposalRoot, it.deltaHash] });
  await sendCall(chain, { action: 'say that only the delta differs', to: chain.deployment.addresses.challenges, data });
}
