/** What a watchtower does: trains a slot's round for itself, and accuses a commitment to anything else (SPEC D12). */
import { challengeCommitment } from '#swarm/chain/challengeCommitment.ts';
import type { Effect } from '#swarm/rounds/peerState.ts';
import type { PeerContext } from '../peerContext.ts';
import { globalBytesOf, roundOf } from './viewOf.ts';

export async function watchSlot(context: PeerContext, { round, slot }: Effect): Promise<void> {
  const { engine, job, onProgress, dispatch } = context;
  const { globalRoot } = roundOf(context, round);
  if (!globalRoot) return;
  const globalState = await globalBytesOf(context, round);
  const { proposalRoot } = await engine.train(job.toString(), round, slot, globalState, (step) => onProgress?.({ doing: 'auditing', round, slot, step }));
  await engine.release(job.toString(), round, slot);
  dispatch({ kind: 'watched', globalRoot, slot, proposalRoot });
}

export async function accuseSlot(context: PeerContext, { round, slot }: Effect): Promise<void> {
  const { chain, job, journal, state } = context;
  const claimed = state().watched[`${roundOf(context, round).globalRoot}/${slot}`];
  if (!claimed) return;
  journal(`Round ${round + 1}, slot ${slot + 1} is not what its solver committed: challenging it.`, true);
  await challengeCommitment(chain, { job, round, slot, claimed });
}
