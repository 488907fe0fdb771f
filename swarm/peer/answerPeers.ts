/** What other peers of a job may ask: a receipt for a delta, a checkpoint under audit, where a global state is. */
import { signReceipt } from '#swarm/chain/signReceipt.ts';
import { openCheckpoint } from '#swarm/protocol/checkpointTree.ts';
import { decodeJson } from '#swarm/protocol/json.ts';
import { MAX_MESSAGE_BYTES, MAX_ROUNDS } from '#swarm/protocol/limits.ts';
import { encodeMessage, parseCheckpointRequest, parseReceiptRequest } from '#swarm/protocol/messages.ts';
import { integer, object } from '#swarm/protocol/reader.ts';
import { globalBytesOf, segmentsOf, slotOf, STAGE, viewOf } from './effects/viewOf.ts';
import { ownAddress, type PeerContext } from './peerContext.ts';
import { jobRecords } from './records.ts';

const globalRequest = object<{ round: number }>({ round: integer(0, MAX_ROUNDS) });

/** Returns a function that stops answering. A refusal reaches the asker as an error with the reason. */
export function answerPeers(context: PeerContext): () => void {
  const { mesh, topic } = context;
  const stops = [
    mesh.answer(topic.name('receipt'), (question) => giveReceipt(context, question)),
    mesh.answer(topic.name('checkpoint'), (question) => giveCheckpoint(context, question)),
    mesh.answer(topic.name('global'), (question) => giveGlobal(context, question)),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** R3: sign only what is held, hashes right, and belongs to the committed proposal. */
async function giveReceipt(context: PeerContext, question: Uint8Array): Promise<Uint8Array> {
  const { blobs, engine, chain, job, state } = context;
  const request = parseReceiptRequest(question);
  const { round, slot, deltaHash, proposalRoot } = request;
  if (request.job !== job) throw new Error(`this peer keeps job ${job}`);
  if (state().globals[round] !== request.globalRoot) throw new Error(`this peer does not hold the state that round ${round + 1} starts from`);
  const bytes = await blobs.get(deltaHash, { from: [request.peer] });
  await engine.checkDelta(job.toString(), round, await globalBytesOf(context, round), { slot, deltaHash, proposalRoot }, bytes);
  const signature = await signReceipt(chain, { job, round, slot, proposalRoot, deltaHash });
  return encodeMessage({ job, round, slot, stage: STAGE, deltaHash, keeper: ownAddress(context), signature });
}

/** Only for the auditor that the chain drew, and only the start of its segment: everything else stays sealed. */
async function giveCheckpoint(context: PeerContext, question: Uint8Array): Promise<Uint8Array> {
  const { blobs, engine, chain, job } = context;
  const { round, slot, checkpoint, auditor } = parseCheckpointRequest(question);
  const { commitment, audit } = slotOf(context, round, slot);
  if (commitment?.solver.toLowerCase() !== chain.address.toLowerCase()) throw new Error(`slot ${slot} of round ${round + 1} is not this peer's`);
  if (audit?.auditor.toLowerCase() !== auditor.toLowerCase() || audit.segment !== checkpoint) {
    await context.refresh();
    const fresh = slotOf(context, round, slot).audit;
    if (fresh?.auditor.toLowerCase() !== auditor.toLowerCase() || fresh.segment !== checkpoint) throw new Error('this checkpoint is not under audit by you');
  }
  const record = await jobRecords(context).solved(round, slot);
  const bytes = await engine.checkpoint(job.toString(), round, slot, checkpoint);
  if (!record || !bytes) throw new Error('this checkpoint is no longer kept here: replay from the start of the round');
  const salts = jobRecords(context).salts(round, slot, segmentsOf(context) + 1);
  const { root, salt, path } = openCheckpoint(record.checkpointRoots, salts, checkpoint);
  const stateHash = await blobs.put(bytes);
  return encodeMessage({ job, round, slot, stage: STAGE, checkpoint, root, salt, path, stateHash });
}

async function giveGlobal(context: PeerContext, question: Uint8Array): Promise<Uint8Array> {
  const { job, mesh } = context;
  const { round } = decodeJson(question, 'request for a global state', MAX_MESSAGE_BYTES, globalRequest);
  const record = await jobRecords(context).global(round);
  const onChain = viewOf(context).rounds[round]?.globalRoot;
  if (!record || record.root !== onChain) throw new Error(`this peer does not hold the state of round ${round + 1}`);
  return encodeMessage({ job, round, root: record.root, blob: record.blob, peer: mesh.id });
}
