/** What each effect of `swarm/rounds` means in deeds. One row a kind, like the rules. */
import { claimTime } from '#swarm/chain/claimTime.ts';
import { closeRound } from '#swarm/chain/closeRound.ts';
import { concludeChallenge } from '#swarm/chain/concludeChallenge.ts';
import { drawAudits } from '#swarm/chain/drawAudits.ts';
import { enlistAuditor } from '#swarm/chain/enlistAuditor.ts';
import { expireChallenge } from '#swarm/chain/expireChallenge.ts';
import { claimSilence } from '#swarm/chain/claimSilence.ts';
import { finishJob } from '#swarm/chain/finishJob.ts';
import { rollBackJob } from '#swarm/chain/rollBackJob.ts';
import { settleRound } from '#swarm/chain/settleRound.ts';
import type { Effect, EffectKind } from '#swarm/rounds/peerState.ts';
import type { PeerContext } from '../peerContext.ts';
import { attestAudit, openAudit, revealAudit } from './audits.ts';
import { commitSlot } from './commitSlot.ts';
import { challengeOf, moveInDispute, playChallenge } from './disputes.ts';
import { challengeNext, computeNext, getGlobal, postNext } from './globals.ts';
import { getMaterial } from './getMaterial.ts';
import { trainSlot } from './trainSlot.ts';
import { viewOf } from './viewOf.ts';
import { accuseSlot, watchSlot } from './watchSlot.ts';

type Perform = (context: PeerContext, effect: Effect) => Promise<void>;

const performers: Readonly<Record<EffectKind, Perform>> = {
  getMaterial: (context) => {
    const { blobs, engine, job, topic, onProgress } = context;
    const view = viewOf(context);
    const onChunk = (done: number, total: number) => onProgress?.({ doing: 'downloading', round: 0, slot: 0, bytes: { done, total } });
    return getMaterial({ blobs, engine, view, key: job.toString(), from: topic.peersFor(view.requestor), onChunk });
  },
  getGlobal,
  train: trainSlot,
  commit: commitSlot,
  computeNext,
  postNext,
  challengeNext,
  watch: watchSlot,
  accuse: accuseSlot,
  audit: attestAudit,
  openAudit,
  revealAudit,
  closeRound: ({ chain, job }, { round }) => closeRound(chain, { job, round }),
  draw: ({ chain, job }, { round }) => drawAudits(chain, { job, round }),
  claimSilence: ({ chain, job }, { round, slot }) => claimSilence(chain, { job, round, slot }),
  settle: ({ chain, job }, { round }) => settleRound(chain, { job, round }),
  playChallenge,
  dispute: moveInDispute,
  claimTime: async (context, effect) => {
    const { play } = challengeOf(context, effect);
    if (play) await claimTime(context.chain, { game: play.game });
  },
  concludeChallenge: ({ chain }, { attempt }) => concludeChallenge(chain, { challenge: BigInt(attempt) }),
  expireChallenge: ({ chain }, { attempt }) => expireChallenge(chain, { challenge: BigInt(attempt) }),
  rollBack: ({ chain, job }) => rollBackJob(chain, { job }),
  enlist: async ({ chain, job, journal }) => {
    await enlistAuditor(chain, { job });
    journal("Took a place among this job's checkers.", false);
  },
  finish: ({ chain, job }) => finishJob(chain, { job }),
};

/** Errors: whatever the deed's are; the caller reports them and tries again later. */
export function performEffect(context: PeerContext, effect: Effect): Promise<void> {
  return performers[effect.kind](context, effect);
}
