/** What other peers of a job may ask: a receipt for a delta, a checkpoint under audit, where a global state is. */
import type { AuditView } from '#swarm/protocol/jobView.ts';
import { signerOfText } from '#swarm/chain/signText.ts';
import { signReceipt } from '#swarm/chain/signReceipt.ts';
import { openCheckpoint } from '#swarm/protocol/checkpointTree.ts';
import { decodeJson } from '#swarm/protocol/json.ts';
import { MAX_MESSAGE_BYTES, MAX_ROUNDS } from '#swarm/protocol/limits.ts';
import { checkpointRequestText, encodeMessage, parseCheckpointRequest, parseReceiptRequest } from '#swarm/protocol/messages.ts';
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
    mesh.answer(topic.name('checkpoint'), (question, from) => giveCheckpoint(context, question, from)),
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

/**
 * Only for the auditor that the chain drew, and only the start of its segment: everything else stays sealed. Whoever else
 * had it could copy it into an attestation, were the slot drawn again on the segment before.
 */
async function giveCheckpoint(context: PeerContext, question: Uint8Array, from: string): Promise<Uint8Array> {
  const { blobs, engine, chain, job } = context;
  const request = parseCheckpointRequest(question);
  const { round, slot, checkpoint, attempt, auditor } = request;
  const signer = await signerOfText(chain, checkpointRequestText(request), request.signature);
  if (request.job !== job || signer.toLowerCase() !== auditor.toLowerCase() || request.peer !== from)
    throw new Error('this request is not signed by its auditor for the peer that asks');
  const { commitment, audit } = slotOf(context, round, slot);
  if (commitment?.solver.toLowerCase() !== chain.address.toLowerCase()) throw new Error(`slot ${slot} of round ${round + 1} is not this peer's`);
  const isFor = (one: AuditView | null) => one?.phase === 'drawn' && one.auditor.toLowerCase() === auditor && one.segment === checkpoint && one.attempt === attempt;
  if (!isFor(audit)) {
    await context.refresh();
    if (!isFor(slotOf(context, round, slot).audit)) throw new Error('this checkpoint is not under audit by you');
  }
  const record = await jobRecords(context).solved(round, slot, commitment.globalRoot);
  const bytes = await engine.checkpoint(job.toString(), round, slot, checkpoint);
  if (!record || !bytes) throw new Error('this checkpoint is no longer kept here: replay from the start of the round');
  const salts = jobRecords(context).salts(round, slot, segmentsOf(context) + 1);
  const { root, salt, path } = openCheckpoint(record.checkpointRoots, salts, checkpoint);
  const stateHash = await blobs.put(bytes, { sealed: true });
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
