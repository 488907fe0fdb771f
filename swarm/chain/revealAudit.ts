/** The auditor shows what it attested: equal pays it, different opens a challenge (A6). Deposits what a lost bond lacks. */
import { encodeFunctionData } from 'viem';
import { auditsAbi } from '#abi/auditsAbi.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendStakedCall } from './sendStakedCall.ts';

export async function revealAudit(
  chain: ChainClient,
  { job, round, slot, target, salt }: { readonly job: bigint; readonly round: number; readonly slot: number; readonly target: Hash; readonly salt: Hash },
): Promise<void> {
  const data = encodeFunctionData({ abi: auditsAbi, functionName: 'reveal', args: [job, round, slot, 0, target, salt] });
  await sendStakedCall(chain, { action: 'reveal the audit', to: chain.deployment.addresses.audits, data });
}
