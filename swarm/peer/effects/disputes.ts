/** Both sides of a dispute (SPEC D13): all that they need is on chain, in the job's files, and in what they compute themselves. */
import { playRoot } from '#swarm/chain/playRoot.ts';
import { playChallenge as playOnChain } from '#swarm/chain/playChallenge.ts';
import { readDispute } from '#swarm/chain/readDispute.ts';
import { sendMoves } from '#swarm/chain/sendMoves.ts';
import { turnOf } from '#swarm/dispute/transitions.ts';
import { GLOBAL_SLOT } from '#swarm/protocol/limits.ts';
import type { ChallengeView } from '#swarm/protocol/jobView.ts';
import type { Effect } from '#swarm/rounds/peerState.ts';
import type { PeerContext } from '../peerContext.ts';
import { fetchDeltas } from '../rebuildGlobal.ts';
import { jobRecords } from '../records.ts';
import { solvedOf } from './audits.ts';
import { globalBytesOf, roundOf, segmentsOf, viewOf } from './viewOf.ts';

/** An effect about a challenge carries its number as `attempt`. */
export function challengeOf(context: PeerContext, { attempt }: Effect): ChallengeView {
  const found = viewOf(context).challenges.find(({ id }) => id === BigInt(attempt));
  if (!found) throw new Error(`there is no challenge ${attempt} in this job`);
  return found;
}

/** Begins the game. */
export async function playChallenge(context: PeerContext, effect: Effect): Promise<void> {
  const { chain, engine, job, journal } = context;
  const { round, slot } = effect;
  const { id } = challengeOf(context, effect);
  const { facts, path, outer } = await engine.facts(job.toString());
  if (slot === GLOBAL_SLOT) {
    await playRoot(chain, { challenge: id, facts, path, outer });
    journal(`The dispute about the model after round ${round} has begun.`, false);
    return;
  }
  await playOnChain(chain, { challenge: id, facts, path });
  journal(`Round ${round + 1}, slot ${slot + 1}: the dispute has begun.`, false);
}

export async function moveInDispute(context: PeerContext, effect: Effect): Promise<void> {
  const { chain, engine, job, journal } = context;
  const { round, slot } = effect;
  const { play, defender } = challengeOf(context, effect);
  if (!play) return;
  const side = play.turn;
  const { facts, delta, outer } = await engine.facts(job.toString());
  const dispute = await readDispute(chain, play.game, { job: facts, delta: delta.facts, outer: outer.facts });
  if (dispute.game.phase === 'over' || turnOf(dispute.game.phase) !== side) return;
  // Of a posted root the game says which round its steps are of: the newest before that has a root itself.
  const aboutRoot = slot === GLOBAL_SLOT;
  const globalState = await globalBytesOf(context, dispute.game.setting.round);
  const sealed = side === 'defender' && !aboutRoot ? await sealedOf(context, effect, defender) : null;
  const deltas = aboutRoot ? await fetchDeltas({ blobs: context.blobs, from: context.topic.peersFor(null) }, roundOf(context, dispute.game.setting.round)) : null;
  const actor = dispute.game.setting[side] as `0x${string}`;
  const actions = await engine.dispute(job.toString(), { side, actor, ...dispute, globalState, sealed, deltas });
  const about = aboutRoot ? `the model after round ${round}` : `round ${round + 1}, slot ${slot + 1}`;
  if (!actions) throw new Error(`there is nothing to say in the dispute about ${about}`);
  await sendMoves(chain, { id: play.game, game: dispute.game, actions, actor, now: dispute.now });
  journal(`Dispute about ${about}: ${actions.map(({ kind }) => WORDS[kind]).join(', ')}.`, false);
}

/** `defender`: this peer, or one that it stands in for (D14), whose salts come from its own secret. */
async function sealedOf(context: PeerContext, effect: Effect, defender: string) {
  const { checkpointRoots } = await solvedOf(context, effect);
  const { secret } = context.standsFor?.find(({ account }) => account.toLowerCase() === defender.toLowerCase()) ?? context;
  return { roots: checkpointRoots, salts: jobRecords({ ...context, secret }).salts(effect.round, effect.slot, segmentsOf(context) + 1) };
}

const WORDS = {
  chooseSegment: 'chose the segment',
  askCheckpoint: 'asked for a checkpoint',
  revealCheckpoint: 'showed a checkpoint',
  openSegment: 'opened the segment',
  openStep: 'named the first step that differs',
  faultStart: 'showed that the round began wrong',
  claimStep: 'claimed the step',
  faultHeader: 'showed a wrong header',
  faultState: 'showed a state that does not follow',
  faultPoison: 'showed that the step diverges',
  nameInput: 'named the input that differs',
  nameOperation: 'named the operation that differs',
  nameWord: 'named the number that differs',
  commitPrefixes: 'committed to its partial results',
  openTerm: 'opened the term that differs',
  demand: 'asked for what was not shown',
  answer: 'answered',
  timeout: 'said that time is up',
  claimDelta: 'claimed how the delta was made',
  faultInput: 'showed that a step was fed something else',
} as const;
