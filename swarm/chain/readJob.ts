/** A job's snapshot, in one call for jobs of ordinary size. Rounds that cannot change any more are read once. */
import { lensAbi } from '#abi/lensAbi.ts';
import { ChainError } from './chainError.ts';
import type { ChainClient } from './createChainClient.ts';
import { describeFailure } from './describeRevert.ts';
import type { JobView, RoundView } from '#swarm/protocol/jobView.ts';
import { isFinalRound, type JobReading, viewOfJob, viewOfRound } from './viewOfReading.ts';

/** Slot records in one answer: keeps a call under the gas limit that nodes put on reads. */
const SLOTS_PER_CALL = 192;

/** Errors: `ChainError` UnknownJob, or the RPC's failure. */
export async function readJob(chain: ChainClient, job: bigint): Promise<JobView> {
  const done = chain.memory.jobs.get(job);
  if (done) return done;
  const finals = chain.memory.rounds.get(job) ?? new Map<number, RoundView>();
  chain.memory.rounds.set(job, finals);
  const rounds: RoundView[] = [];
  while (finals.has(rounds.length)) rounds.push(finals.get(rounds.length) as RoundView);

  let reading = await readPage(chain, job, rounds.length, 16);
  if (reading.requestor === '0x0000000000000000000000000000000000000000') throw new ChainError(`job ${job} is not on this chain`, 'UnknownJob', [job]);
  const perPage = Math.max(1, Math.floor(SLOTS_PER_CALL / reading.terms.slots));
  for (;;) {
    for (const round of reading.rounds) {
      const view = viewOfRound(round, reading);
      // After all before it: a strike in one of those would make this one void.
      const firm = view.round === 0 || finals.has(view.round - 1);
      if (firm && isFinalRound(view, reading)) finals.set(view.round, view);
      rounds.push(view);
    }
    if (rounds.length > reading.round || reading.rounds.length === 0) break;
    reading = await readPage(chain, job, rounds.length, perPage);
  }
  const view = viewOfJob(reading, rounds);
  if (view.phase === 'finished' || view.phase === 'cancelled') chain.memory.jobs.set(job, view);
  return view;
}

async function readPage(chain: ChainClient, job: bigint, firstRound: number, maxRounds: number): Promise<JobReading> {
  try {
    return await chain.publicClient.readContract({ address: chain.deployment.addresses.lens, abi: lensAbi, functionName: 'readJob', args: [job, firstRound, maxRounds] });
  } catch (error) {
    throw describeFailure(error);
  }
}
