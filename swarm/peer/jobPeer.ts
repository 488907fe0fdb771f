/**
 * The loop of one peer in one job: chain snapshots and finished effects go into `tick`, effects come out and are performed.
 * Nothing here decides what to do; a crash at any point is answered by starting again from the chain and the store.
 */
import { ChainError } from '#swarm/chain/chainError.ts';
import { readJob } from '#swarm/chain/readJob.ts';
import { watchBlocks } from '#swarm/chain/watchBlocks.ts';
import { type Effect, type EffectKind, newPeerState, type PeerEvent, type PeerState } from '#swarm/rounds/peerState.ts';
import { tick } from '#swarm/rounds/tick.ts';
import { answerPeers } from './answerPeers.ts';
import { performEffect } from './effects/performEffect.ts';
import { joinJobTopic } from './jobTopic.ts';
import type { PeerContext, PeerMeans } from './peerContext.ts';

export interface JobPeer {
  readonly state: () => PeerState;
  /** Reads the chain now instead of at the next block. */
  refresh(): Promise<void>;
  stop(): void;
}

/** Longest time without looking at the clock: deadlines are seconds apart. */
const HEARTBEAT_MS = 1000;

const ANYONE: ReadonlySet<EffectKind> = new Set([
  'closeRound',
  'postNext',
  'draw',
  'claimSilence',
  'settle',
  'claimTime',
  'concludeChallenge',
  'expireChallenge',
  'rollBack',
  'finish',
]);

export function createJobPeer(means: PeerMeans): JobPeer {
  let state = newPeerState(
    means.chain.address,
    means.standsFor?.map(({ account }) => account),
  );
  let stopped = false;
  const seed = Number.parseInt(means.chain.address.slice(2, 10), 16);

  const dispatch = (event: PeerEvent) => {
    if (stopped) return;
    const ticked = tick(state, event, means.now(), seed);
    state = ticked.state;
    means.onState?.(state);
    for (const effect of ticked.effects) void perform(effect);
  };

  const refresh = async () => {
    const view = await readJob(means.chain, means.job);
    dispatch({ kind: 'seen', view, verifies: means.verifies?.(view) ?? false, watches: means.watches ?? false });
  };

  const topic = joinJobTopic(means);
  const context: PeerContext = { ...means, topic, state: () => state, dispatch, refresh };

  /** Why an effect failed last: what is tried again every few seconds is told once. */
  const told = new Map<string, string>();
  const perform = async (effect: Effect) => {
    try {
      await performEffect(context, effect);
      // The snapshot must show what the effect did before the effect may be found again.
      await refresh();
      dispatch({ kind: 'done', effect });
    } catch (error) {
      if (stopped) return;
      // Blocks are slower than clocks at times: a draw that comes before its beacon is tried again, and nobody's fault.
      if (error instanceof ChainError && error.code === 'BeaconUnknown') return dispatch({ kind: 'failed', effect });
      // What anyone may do, someone else has usually just done.
      const tries = (state.failed[effect.key]?.count ?? 0) + 1;
      if (tries < 3 && ANYONE.has(effect.kind)) {
        dispatch({ kind: 'failed', effect });
        return refreshQuietly();
      }
      const reason = error instanceof Error ? error.message : String(error);
      if (told.get(effect.key) !== reason) means.journal(`${effect.kind}, round ${effect.round + 1}: ${reason}`, true);
      told.set(effect.key, reason);
      dispatch({ kind: 'failed', effect });
    }
  };

  const stopAnswering = answerPeers(context);
  const refreshQuietly = () =>
    refresh().catch((error: unknown) => {
      if (!stopped) means.journal(`cannot read the job from the chain: ${error instanceof Error ? error.message : String(error)}`, true);
    });
  const stopWatching = watchBlocks(means.chain, () => void refreshQuietly());
  const heartbeat = setInterval(() => dispatch({ kind: 'time' }), HEARTBEAT_MS);
  void refreshQuietly();

  return {
    state: () => state,
    refresh,
    stop() {
      stopped = true;
      clearInterval(heartbeat);
      stopWatching();
      stopAnswering();
      topic.leave();
      means.engine.close(means.job.toString());
    },
  };
}
