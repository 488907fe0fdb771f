/** The snapshot that an effect was decided on. */
import type { CommitmentView, JobView, RoundView, SlotRoundView } from '#swarm/protocol/jobView.ts';
import type { PeerContext } from '../peerContext.ts';
import { rebuildGlobal } from '../rebuildGlobal.ts';
import { jobRecords } from '../records.ts';

/** Effects come from snapshots, so a missing one is a bug in the loop. */
export function viewOf(context: PeerContext): JobView {
  const { view } = context.state();
  if (!view) throw new Error('no snapshot of the job yet');
  return view;
}

export function roundOf(context: PeerContext, round: number): RoundView {
  const found = viewOf(context).rounds[round];
  if (!found) throw new Error(`round ${round + 1} is not on chain yet`);
  return found;
}

export function slotOf(context: PeerContext, round: number, slot: number): SlotRoundView {
  const found = roundOf(context, round).slots[slot];
  if (!found) throw new Error(`slot ${slot} is not in this job`);
  return found;
}

export function commitmentOf(context: PeerContext, round: number, slot: number): CommitmentView {
  const { commitment } = slotOf(context, round, slot);
  if (!commitment) throw new Error(`slot ${slot} has no commitment in round ${round + 1}`);
  return commitment;
}

/** Bytes of G_round: as this peer holds them, or, where it joined later, made again from the counted deltas. */
export async function globalBytesOf(context: PeerContext, round: number): Promise<Uint8Array> {
  const { blobs, engine, job, topic } = context;
  const from = topic.peersFor(null);
  const posted = roundOf(context, round).globalRoot;
  const record = await jobRecords(context).global(round);
  if (record && record.root === posted) return blobs.get(record.blob, { from });
  const { state, root } = await rebuildGlobal({ blobs, engine, from }, job.toString(), viewOf(context), round);
  if (root !== posted) throw new Error(`the counted work before round ${round + 1} gives root ${root}, the chain says ${posted}`);
  await jobRecords(context).setGlobal(round, root, await blobs.put(state));
  return state;
}

export function segmentsOf(context: PeerContext): number {
  return viewOf(context).terms.segments;
}

export const STAGE = 0 as const;
