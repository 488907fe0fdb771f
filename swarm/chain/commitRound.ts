/** A slot's round goes on chain, with receipts of keepers, by the round's deadline (R2, R3). */
import { encodeFunctionData, type Hex } from 'viem';
import { roundsAbi } from '#abi/roundsAbi.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

export interface RoundCommitment {
  readonly job: bigint;
  readonly round: number;
  readonly slot: number;
  readonly globalRoot: Hash;
  readonly checkpointsRoot: Hash;
  readonly proposalRoot: Hash;
  readonly deltaHash: Hash;
  /** Signatures of `signReceipt`, at most 16. Those of accounts that are no keepers do not count. */
  readonly receipts: readonly Hex[];
}

export async function commitRound(chain: ChainClient, commitment: RoundCommitment): Promise<void> {
  const { receipts, ...fields } = commitment;
  const data = encodeFunctionData({ abi: roundsAbi, functionName: 'commit', args: [{ ...fields, stage: 0 }, receipts] });
  await sendCall(chain, { action: `commit round ${commitment.round + 1}`, to: chain.deployment.addresses.rounds, data });
}
