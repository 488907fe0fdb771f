/** The snapshot that an effect was decided on. */
import type { CommitmentView, JobView, RoundView, SlotRoundView } from '#swarm/protocol/jobView.ts';
import type { PeerContext } from '../peerContext.ts';
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

/** Bytes of G_round that this peer holds. Errors: it does not hold it (it joined later). */
export async function globalBytesOf(context: PeerContext, round: number): Promise<Uint8Array> {
  const record = await jobRecords(context).global(round);
  if (!record) throw new Error(`this tab does not hold the state that round ${round + 1} started from`);
  return context.blobs.get(record.blob, { from: context.topic.peersFor(null) });
}

export function segmentsOf(context: PeerContext): number {
  return viewOf(context).terms.segments;
}

export const STAGE = 0 as const;
