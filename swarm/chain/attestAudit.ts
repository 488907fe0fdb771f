/** The drawn auditor binds itself to its target before the solver opens (A3). `attestation`: `attestationHash` of swarm/protocol. */
import { encodeFunctionData } from 'viem';
import { auditsAbi } from '#abi/auditsAbi.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export async function attestAudit(
  chain: ChainClient,
  { job, round, slot, attestation }: { readonly job: bigint; readonly round: number; readonly slot: number; readonly attestation: Hash },
): Promise<void> {
  const data = encodeFunctionData({ abi: auditsAbi, functionName: 'attest', args: [job, round, slot, 0, attestation] });
  await sendCall(chain, { action: 'attest the audit', to: chain.deployment.addresses.audits, data });
}
