/** Posts a job and escrows its bounty, depositing what the free stake lacks. */
import { encodeFunctionData, parseEventLogs } from 'viem';
import { jobsAbi } from '#abi/jobsAbi.ts';
import type { Address } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';
import type { JobTerms } from '#swarm/protocol/jobView.ts';
import { sendStakedCall } from './sendStakedCall.ts';

/** `relays`: accounts whose receipts count (R3), at most 8. Returns the job's number. */
export async function postJob(chain: ChainClient, { terms, relays = [] }: { readonly terms: JobTerms; readonly relays?: readonly Address[] }): Promise<bigint> {
  const data = encodeFunctionData({ abi: jobsAbi, functionName: 'post', args: [terms, relays] });
  const receipt = await sendStakedCall(chain, { action: 'post the job', to: chain.deployment.addresses.jobs, data });
  const posted = parseEventLogs({ abi: jobsAbi, eventName: 'JobPosted', logs: receipt.logs });
  // A batch may hold several posts; ours is the one with our spec and address.
  const mine = posted.find(({ args }) => args.specHash === terms.specHash && args.requestor.toLowerCase() === chain.address.toLowerCase());
  if (!mine) throw new Error('the job was posted, but its number is not in the transaction');
  return mine.args.job;
}
