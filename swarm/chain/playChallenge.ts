/** The challenger begins the game about a slot's work (SPEC D6), before its time to do so is over. */
import { encodeFunctionData } from 'viem';
import { challengesAbi } from '#abi/challengesAbi.ts';
import type { JobFacts } from '#swarm/dispute/docket.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';
import { encodeJobFacts } from './encodeMove.ts';
import { sendCall } from './sendCall.ts';

/** `path`: of the job's facts in the docket (D1). */
export async function playChallenge(chain: ChainClient, it: { readonly challenge: bigint; readonly facts: JobFacts; readonly path: readonly Hash[] }): Promise<void> {
  const data = encodeFunctionData({ abi: challengesAbi, functionName: 'play', args: [it.challenge, encodeJobFacts(it.facts), it.path] });
  await sendCall(chain, { action: 'begin the dispute', to: chain.deployment.addresses.challenges, data });
}
