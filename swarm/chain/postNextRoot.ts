/** Posts the root of G_round with a bond, depositing what the bond lacks (R6). `round` may equal the number of rounds: the trained model. */
import { encodeFunctionData } from 'viem';
import { roundsAbi } from '#abi/roundsAbi.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendStakedCall } from './sendStakedCall.ts';

export async function postNextRoot(chain: ChainClient, { job, round, globalRoot }: { readonly job: bigint; readonly round: number; readonly globalRoot: Hash }): Promise<void> {
  const data = encodeFunctionData({ abi: roundsAbi, functionName: 'postNextRoot', args: [job, round, 0, globalRoot] });
  await sendStakedCall(chain, { action: `post the state for round ${round + 1}`, to: chain.deployment.addresses.rounds, data });
}
