/** Both sides of an audit (A3): the auditor replays and attests before the solver opens; then both show their hand. */
import { attestAudit as attestOnChain } from '#swarm/chain/attestAudit.ts';
import { fundStake } from '#swarm/chain/fundStake.ts';
import { openAudit as openOnChain } from '#swarm/chain/openAudit.ts';
import { revealAudit as revealOnChain } from '#swarm/chain/revealAudit.ts';
import { signText } from '#swarm/chain/signText.ts';
import { attestationHash, auditTarget } from '#swarm/protocol/attestation.ts';
import { checkpointSalt, openCheckpoint, verifyOpening } from '#swarm/protocol/checkpointTree.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { type CheckpointAnswer, checkpointRequestText, encodeMessage, parseCheckpointAnswer } from '#swarm/protocol/messages.ts';
import type { Effect } from '#swarm/rounds/peerState.ts';
import { ownAddress, type PeerContext } from '../peerContext.ts';
import { type AttestedRecord, jobRecords, type SolvedRecord } from '../records.ts';
import { trainSlot } from './trainSlot.ts';
import { commitmentOf, globalBytesOf, segmentsOf, slotOf, STAGE, viewOf } from './viewOf.ts';

const CHECKPOINT_MS = 15_000;
/** Attestation salts share the secret with checkpoint salts; this number keeps the two apart. */
const ATTESTATION_PLACE = 0x1_0000;

export async function attestAudit(context: PeerContext, effect: Effect): Promise<void> {
  const { chain, job } = context;
  const { round, slot, attempt } = effect;
  const record = await targetOf(context, effect);
  const attestation = attestationHash({ ...record, auditor: chain.address, job, round, slot, attempt });
  await attestOnChain(chain, { job, round, slot, attestation });
  context.journal(`Checked a piece of round ${round + 1}, slot ${slot + 1}: the result is sealed on chain.`, false);
}

export async function revealAudit(context: PeerContext, effect: Effect): Promise<void> {
  const { chain, job } = context;
  const { round, slot } = effect;
  const { target, salt } = await targetOf(context, effect);
  if (target !== openedTarget(context, effect)) await prepareToAccuse(context, effect);
  await revealOnChain(chain, { job, round, slot, target, salt });
}

/** What the solver's opening stands for (A3), as the chain shows it. */
function openedTarget(context: PeerContext, { round, slot, segment }: Effect): Hash | null {
  const { audit, commitment } = slotOf(context, round, slot);
  if (!audit?.openedRoot || !commitment) return null;
  return auditTarget(audit.openedRoot, segment === segmentsOf(context) - 1 ? commitment : null);
}

/**
 * A6: the bond goes behind the challenge. One more at hand keeps this auditor's place; without it, it comes back once a bond
 * is free. Several reveals may run side by side, so there is one for each.
 */
async function prepareToAccuse(context: PeerContext, { round, slot }: Effect): Promise<void> {
  const { chain, journal } = context;
  const view = viewOf(context);
  const { maxPriceWei, auditFeeWei } = view.terms;
  const opened = view.rounds.flatMap(({ slots }) => slots.filter(({ audit }) => audit?.phase === 'opened' && audit.auditor.toLowerCase() === ownAddress(context)));
  journal(`Round ${round + 1}, slot ${slot + 1} is not what its solver committed: challenging it.`, true);
  await fundStake(chain, { freeWei: BigInt(Math.max(1, opened.length)) * (maxPriceWei + auditFeeWei) });
}

export async function openAudit(context: PeerContext, effect: Effect): Promise<void> {
  const { chain, job } = context;
  const { round, slot, segment } = effect;
  const record = await solvedOf(context, effect);
  const salts = jobRecords(context).salts(round, slot, segmentsOf(context) + 1);
  const { root, salt, path } = openCheckpoint(record.checkpointRoots, salts, segment + 1);
  await openOnChain(chain, { job, round, slot, root, salt, path });
}

/** Of this peer's own work. A browser that lost its storage trains the round again: the same bits come out. */
export async function solvedOf(context: PeerContext, effect: Effect): Promise<SolvedRecord> {
  const { round, slot } = effect;
  const { globalRoot } = commitmentOf(context, round, slot);
  if (!(await jobRecords(context).solved(round, slot, globalRoot))) await trainSlot(context, effect);
  const record = await jobRecords(context).solved(round, slot, globalRoot);
  if (!record) throw new Error(`round ${round + 1} of slot ${slot + 1} could not be put on record: is this browser's storage full?`);
  return record;
}

/** Replays once; a reload finds the record. */
async function targetOf(context: PeerContext, effect: Effect): Promise<AttestedRecord> {
  const { round, slot, segment, attempt } = effect;
  const { engine, job, secret, onProgress } = context;
  const records = jobRecords(context);
  const { checkpointsRoot } = commitmentOf(context, round, slot);
  const kept = await records.attested(effect, checkpointsRoot);
  if (kept) return kept;
  const globalState = await globalBytesOf(context, round);
  const checkpoint = segment === 0 ? null : await fetchCheckpoint(context, round, slot, segment, attempt);
  const { target } = await engine.replay(job.toString(), round, slot, segment, { globalState, checkpoint }, (step) => onProgress?.({ doing: 'auditing', round, slot, step }));
  const salt = checkpointSalt(secret, { job, round, slot, checkpoint: ATTESTATION_PLACE + attempt });
  const record = { checkpointsRoot, segment, target, salt };
  await records.setAttested(effect, record);
  return record;
}

/** The solver's state at the checkpoint, proven against its commitment; null (replay from G_r) where nobody gives it. */
async function fetchCheckpoint(context: PeerContext, round: number, slot: number, checkpoint: number, attempt: number): Promise<{ root: Hash; state: Uint8Array } | null> {
  const { mesh, blobs, topic, job } = context;
  const commitment = commitmentOf(context, round, slot);
  const request = { job, round, slot, stage: STAGE, checkpoint, attempt, auditor: ownAddress(context), peer: mesh.id };
  const question = encodeMessage({ ...request, signature: await signText(context.chain, checkpointRequestText(request)) });
  for (const peer of topic.peersFor(commitment.solver).slice(0, 8)) {
    try {
      const answer: CheckpointAnswer = parseCheckpointAnswer(await mesh.ask(peer, topic.name('checkpoint'), question, AbortSignal.timeout(CHECKPOINT_MS)));
      if (!verifyOpening(commitment.checkpointsRoot, segmentsOf(context), { checkpoint, root: answer.root, salt: answer.salt, path: answer.path })) continue;
      return { root: answer.root, state: await blobs.get(answer.stateHash, { from: [peer], sealed: true }) };
    } catch {
      // Not the holder, or gone: the next one, and in the end the long way round.
    }
  }
  context.journal(`Nobody handed over checkpoint ${checkpoint} of round ${round + 1}, slot ${slot + 1}: replaying it from the start of the round.`, false);
  return null;
}
