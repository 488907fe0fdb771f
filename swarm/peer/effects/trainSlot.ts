/** One round of one slot: train, keep the record that lets a reloaded tab open its commitment, report the loss. */
import { signText } from '#swarm/chain/signText.ts';
import { lossReportText } from '#swarm/protocol/messages.ts';
import type { Effect } from '#swarm/rounds/peerState.ts';
import { ownAddress, type PeerContext } from '../peerContext.ts';
import { jobRecords } from '../records.ts';
import { keepAndPin } from './keepAndPin.ts';
import { globalBytesOf, roundOf, STAGE } from './viewOf.ts';

export async function trainSlot(context: PeerContext, { round, slot }: Effect): Promise<void> {
  const { engine, blobs, job, onProgress, onLoss } = context;
  const { globalRoot } = roundOf(context, round);
  if (!globalRoot) throw new Error(`the state that round ${round + 1} starts from is not on chain`);
  const kept = await jobRecords(context).solved(round, slot, globalRoot);
  // Trained before a reload: the delta is on disk and the roots on record, so nothing is done twice.
  if (kept && (await blobs.has(kept.deltaHash))) return engine.release(job.toString(), round, slot);

  const globalState = await globalBytesOf(context, round);
  const result = await engine.train(job.toString(), round, slot, globalState, (step) => onProgress?.({ doing: 'training', round, slot, step }));
  if (result.poison) context.journal(`Round ${round + 1} diverged: ${result.poison} It still counts as work done.`, true);
  await keepAndPin(blobs, result.delta);
  const { checkpointRoots, proposalRoot, deltaHash, loss, accuracy } = result;
  await jobRecords(context).setSolved(round, slot, { globalRoot, checkpointRoots, proposalRoot, deltaHash, loss, accuracy });
  await engine.release(job.toString(), round, slot);
  onLoss?.({ round, slot, loss, accuracy });
  await reportLoss(context, round, slot, loss, accuracy).catch(() => undefined);
}

/** The curve is for people: a report that does not get through costs nothing. */
async function reportLoss(context: PeerContext, round: number, slot: number, loss: number, accuracy: number | null): Promise<void> {
  if (!Number.isFinite(loss)) return;
  const report = { job: context.job, round, slot, stage: STAGE, step: 0, loss, accuracy, reporter: ownAddress(context) };
  const signature = await signText(context.chain, lossReportText(report));
  await context.topic.reportLoss({ ...report, signature });
}
