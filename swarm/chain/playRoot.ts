/** The challenger begins the game about a posted root (SPEC D6 10), before its time to do so is over. */
import { encodeFunctionData } from 'viem';
import { challengesAbi } from '#abi/challengesAbi.ts';
import type { JobFacts } from '#swarm/dispute/docket.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';
import { encodeJobFacts } from './encodeMove.ts';
import { sendCall } from './sendCall.ts';

interface Facts {
  readonly facts: JobFacts;
  readonly path: readonly Hash[];
}

/** Facts of the job with their path in its docket, and of the outer step with theirs in its own (D1). */
export async function playRoot(chain: ChainClient, it: Facts & { readonly challenge: bigint; readonly outer: Facts }): Promise<void> {
  const args = [it.challenge, encodeJobFacts(it.facts), it.path, encodeJobFacts(it.outer.facts), it.outer.path] as const;
  const data = encodeFunctionData({ abi: challengesAbi, functionName: 'playRoot', args });
  await sendCall(chain, { action: 'begin the dispute about a posted state', to: chain.deployment.addresses.challenges, data });
}
