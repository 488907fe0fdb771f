/** A trained round becomes a commitment: the delta is offered, keepers sign that they hold it, and all of it goes on chain (R2, R3). */
import { commitRound } from '#swarm/chain/commitRound.ts';
import { checkpointsRoot } from '#swarm/protocol/checkpointTree.ts';
import { type DeltaAnnouncement, encodeMessage, parseReceiptAnswer, type ReceiptAnswer } from '#swarm/protocol/messages.ts';
import type { Effect } from '#swarm/rounds/peerState.ts';
import { ownAddress, type PeerContext } from '../peerContext.ts';
import { jobRecords } from '../records.ts';
import { roundOf, segmentsOf, STAGE, viewOf } from './viewOf.ts';

const RECEIPT_MS = 20_000;

export async function commitSlot(context: PeerContext, { round, slot }: Effect): Promise<void> {
  const { chain, job, mesh, topic } = context;
  const globalRoot = roundOf(context, round).globalRoot;
  const record = await jobRecords(context).solved(round, slot, globalRoot);
  if (!record || !globalRoot) throw new Error(`round ${round + 1} of slot ${slot} is not trained in this tab`);
  const salts = jobRecords(context).salts(round, slot, segmentsOf(context) + 1);
  const { proposalRoot, deltaHash } = record;
  const announcement: DeltaAnnouncement = {
    job,
    round,
    slot,
    stage: STAGE,
    globalRoot,
    proposalRoot,
    deltaHash,
    checkpointsRoot: checkpointsRoot(record.checkpointRoots, salts),
    solver: ownAddress(context),
    peer: mesh.id,
  };
  await topic.announceDelta(announcement);
  const receipts = await gatherReceipts(context, announcement);
  const { checkpointsRoot: sealed } = announcement;
  await commitRound(chain, { job, round, slot, globalRoot, checkpointsRoot: sealed, proposalRoot, deltaHash, receipts: receipts.map((receipt) => receipt.signature) });
  context.journal(`Round ${round + 1}: your work is committed on chain.`, false);
}

/** Asks everyone at once and goes on as soon as enough have signed. Errors: too few, with what each of them said. */
async function gatherReceipts(context: PeerContext, announcement: DeltaAnnouncement): Promise<ReceiptAnswer[]> {
  const { mesh, topic } = context;
  const needed = viewOf(context).terms.receiptsNeeded;
  const question = encodeMessage(announcement);
  const receipts = new Map<string, ReceiptAnswer>();
  const refusals: string[] = [];
  const peers = topic.peersFor(null);
  await new Promise<void>((enough) => {
    if (needed === 0 || peers.length === 0) return enough();
    let left = peers.length;
    for (const peer of peers) {
      mesh
        .ask(peer, topic.name('receipt'), question, AbortSignal.timeout(RECEIPT_MS))
        .then((bytes) => {
          const answer = parseReceiptAnswer(bytes);
          if (answer.deltaHash === announcement.deltaHash) receipts.set(answer.keeper.toLowerCase(), answer);
          if (receipts.size >= needed) enough();
        })
        .catch((error: unknown) => refusals.push(error instanceof Error ? error.message : String(error)))
        .finally(() => {
          left--;
          if (left === 0) enough();
        });
    }
  });
  if (receipts.size < needed) {
    throw new Error(
      `${receipts.size} of the ${needed} peers needed have confirmed that they hold this round's work (${peers.length} asked${refusals.length ? `: ${refusals.join('; ')}` : ''})`,
    );
  }
  return [...receipts.values()];
}
