/** G_r: where a peer has it from, and how it becomes the next one. */
import { challengeNextRoot } from '#swarm/chain/challengeNextRoot.ts';
import { postNextRoot } from '#swarm/chain/postNextRoot.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { parseJobSpec } from '#swarm/protocol/parseJobSpec.ts';
import { parseGlobalOffer } from '#swarm/protocol/messages.ts';
import { isOutdated } from '#swarm/rounds/isOutdated.ts';
import type { Effect } from '#swarm/rounds/peerState.ts';
import type { PeerContext } from '../peerContext.ts';
import { fetchDeltas, rebuildGlobal } from '../rebuildGlobal.ts';
import { jobRecords } from '../records.ts';
import { keepAndPin } from './keepAndPin.ts';
import { globalBytesOf, roundOf, viewOf } from './viewOf.ts';

/** Errors: nobody has a state with the root on chain; says who was asked. */
export async function getGlobal(context: PeerContext, effect: Effect): Promise<void> {
  const { round } = effect;
  const { blobs, engine, job, topic } = context;
  const { terms } = viewOf(context);
  const wanted = roundOf(context, round).globalRoot;
  const kept = await jobRecords(context).global(round);
  if (kept && kept.root === wanted) {
    await hold(context, effect, round, await blobs.get(kept.blob, { from: topic.peersFor(null) }), kept.root);
    return;
  }
  if (round === 0) {
    const spec = parseJobSpec(await blobs.get(terms.specHash));
    await accept(context, effect, 0, spec.initialState, terms.initialRoot);
    return;
  }
  const offered = await askForOffers(context, round);
  const failures: string[] = [];
  for (const blob of new Set(offered)) {
    try {
      await accept(context, effect, round, blob, wanted);
      return;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  const { state, root } = await rebuildGlobal({ blobs, engine, from: topic.peersFor(null) }, job.toString(), viewOf(context), round).catch((error: unknown) => {
    throw new Error(`nobody here has the model after round ${round} yet (${[...failures, error instanceof Error ? error.message : String(error)].join('; ')}); asking again soon`);
  });
  if (root !== wanted) throw new Error(`the counted work gives another model after round ${round} than the root on chain`);
  await hold(context, effect, round, state, root);
}

async function accept(context: PeerContext, effect: Effect, round: number, blob: Hash, wanted: Hash | null): Promise<void> {
  const { blobs, engine, job, topic } = context;
  const bytes = await blobs.get(blob, { from: topic.peersFor(null) });
  const root = await engine.globalRoot(job.toString(), round, bytes);
  if (root !== wanted) throw new Error(`a peer's state for round ${round + 1} has root ${root}, the chain says ${wanted}`);
  await hold(context, effect, round, bytes, root);
}

async function askForOffers(context: PeerContext, round: number): Promise<Hash[]> {
  const { mesh, topic } = context;
  const question = new TextEncoder().encode(JSON.stringify({ round }));
  const answers = await Promise.allSettled(topic.peersFor(null).map((peer) => mesh.ask(peer, topic.name('global'), question, AbortSignal.timeout(8000))));
  return answers.flatMap((answer) => {
    if (answer.status === 'rejected') return [];
    try {
      return [parseGlobalOffer(answer.value).blob];
    } catch {
      return [];
    }
  });
}

/** Keeps G_round and says so. Peers tell no roots unasked: each has its own before the chain brings another's. */
async function hold(context: PeerContext, { strikes }: Effect, round: number, state: Uint8Array, root: Hash): Promise<void> {
  const { blobs, onGlobal, dispatch } = context;
  // What it was made of may have been struck meanwhile.
  if (isOutdated(viewOf(context), strikes, round)) return;
  const before = rootOnChain(context, round) === null;
  onGlobal?.({ round, root, before, state });
  const blob = await keepAndPin(blobs, state);
  await jobRecords(context).setGlobal(round, root, blob);
  dispatch({ kind: 'global', round, root, strikes });
}

function rootOnChain(context: PeerContext, round: number): Hash | null {
  const { rounds, terms, finalRoot } = viewOf(context);
  return (round === terms.rounds ? finalRoot : rounds[round]?.globalRoot) ?? null;
}

/** Fetches the counted slots' deltas and computes G_{r+1} (T5). */
export async function computeNext(context: PeerContext, effect: Effect): Promise<void> {
  const { round } = effect;
  const { blobs, engine, job, topic, onProgress } = context;
  onProgress?.({ doing: 'sharing', round, slot: 0 });
  const deltas = await fetchDeltas({ blobs, from: topic.peersFor(null) }, roundOf(context, round));
  const { state, root } = await engine.next(job.toString(), round, await globalBytesOf(context, round), deltas);
  await hold(context, effect, round + 1, state, root);
}

export async function postNext(context: PeerContext, { round }: Effect): Promise<void> {
  const root = context.state().globals[round];
  if (root) await postNextRoot(context.chain, { job: context.job, round, globalRoot: root });
}

export async function challengeNext(context: PeerContext, { round }: Effect): Promise<void> {
  const root = context.state().globals[round];
  if (!root) return;
  context.journal(`The posted model after round ${round} is not what the counted work gives: challenged.`, true);
  await challengeNextRoot(context.chain, { job: context.job, round, claimed: root });
}
