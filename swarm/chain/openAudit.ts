/** The solver opens the sealed root of checkpoint segment + 1 (R4, A3). `path`: siblings from the leaf up. */
import { encodeFunctionData } from 'viem';
import { auditsAbi } from '#abi/auditsAbi.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function openAudit(
  chain: ChainClient,
  {
    job,
    round,
    slot,
    root,
    salt,
    path,
  }: { readonly job: bigint; readonly round: number; readonly slot: number; readonly root: Hash; readonly salt: Hash; readonly path: readonly Hash[] },
): Promise<void> {
  const data = encodeFunctionData({ abi: auditsAbi, functionName: 'open', args: [job, round, slot, 0, root, salt, path] });
  await sendCall(chain, { action: 'open the audited checkpoint', to: chain.deployment.addresses.audits, data });
}
