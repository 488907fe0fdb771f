/** Disputes a committed proposal root inside its window; `claimed` is what this account's replay gives. Deposits what the bond lacks. */
import { encodeFunctionData, parseEventLogs } from 'viem';
import { challengesAbi } from '#abi/challengesAbi.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendStakedCall } from './sendStakedCall.ts';

/** Returns the challenge's id. */
export async function challengeCommitment(
  chain: ChainClient,
  { job, round, slot, claimed }: { readonly job: bigint; readonly round: number; readonly slot: number; readonly claimed: Hash },
): Promise<bigint> {
  const data = encodeFunctionData({ abi: challengesAbi, functionName: 'challengeCommitment', args: [job, round, slot, 0, claimed] });
  const receipt = await sendStakedCall(chain, { action: 'challenge the commitment', to: chain.deployment.addresses.challenges, data });
  const opened = parseEventLogs({ abi: challengesAbi, eventName: 'ChallengeOpened', logs: receipt.logs });
  const mine = opened.find(({ args }) => args.challenger.toLowerCase() === chain.address.toLowerCase() && args.job === job && args.round === round);
  if (!mine) throw new Error('the challenge is open, but its number is not in the transaction');
  return mine.args.id;
}
