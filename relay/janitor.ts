/**
 * Does what anyone may do once a job's time has come: close, draw, report silence, settle, expire, finish. It reads
 * clocks and judges no work. Jobs go on without it, as long as some tab of theirs is open.
 */
import { privateKeyToAccount } from 'viem/accounts';
import type { Hex } from 'viem';
import { claimSilence } from '#swarm/chain/claimSilence.ts';
import { claimTime } from '#swarm/chain/claimTime.ts';
import { closeRound } from '#swarm/chain/closeRound.ts';
import { type ChainClient, createChainClient } from '#swarm/chain/createChainClient.ts';
import { concludeChallenge } from '#swarm/chain/concludeChallenge.ts';
import type { Deployment } from '#swarm/chain/deployment.ts';
import { drawAudits } from '#swarm/chain/drawAudits.ts';
import { expireChallenge } from '#swarm/chain/expireChallenge.ts';
import { finishJob } from '#swarm/chain/finishJob.ts';
import type { ChallengeView, JobView, RoundView, SlotRoundView } from '#swarm/protocol/jobView.ts';
import { readJobs } from '#swarm/chain/readJobs.ts';
import { rollBackJob } from '#swarm/chain/rollBackJob.ts';
import { settleRound } from '#swarm/chain/settleRound.ts';
import type { InTurn } from '#swarm/chain/takeTurns.ts';
import { watchBlocks } from '#swarm/chain/watchBlocks.ts';

/** Tabs come first: what they do themselves costs the janitor nothing. */
const PATIENCE_SECONDS = 10;
/** A node that stood still wakes with all deadlines passed: people get this long to answer before silence is reported. */
const SILENCE_PATIENCE_SECONDS = 30;

export interface JanitorOptions {
  readonly rpcUrl: string;
  readonly key: Hex;
  readonly deployment: Deployment;
  /** Shared with a submitter that has the same key. */
  readonly inTurn?: InTurn;
  readonly pollMs?: number;
  /** Refusals are expected (someone else was first); everything is told here. */
  readonly onError?: (error: Error) => void;
}

type Chore = (chain: ChainClient) => Promise<void>;

/** Errors: the RPC is another chain or does not hold the deployment. */
export async function startJanitor(options: JanitorOptions): Promise<{ stop(): void }> {
  const { rpcUrl, deployment, onError = () => {} } = options;
  const chain = await createChainClient({ rpcUrl, account: privateKeyToAccount(options.key), deployment, ...(options.inTurn ? { inTurn: options.inTurn } : {}) });
  let busy = false;
  const awakeSince = { time: 0 };
  const stop = watchBlocks(
    chain,
    ({ time }) => {
      if (busy) return;
      if (awakeSince.time === 0) awakeSince.time = time;
      busy = true;
      void sweep(chain, time, awakeSince.time, onError).finally(() => {
        busy = false;
      });
    },
    { pollMs: options.pollMs ?? 2000, onError },
  );
  return { stop };
}

async function sweep(chain: ChainClient, now: number, awakeSince: number, onError: (error: Error) => void): Promise<void> {
  try {
    for (const job of await readJobs(chain)) {
      for (const chore of choresOf(job, now, awakeSince)) await chore(chain).catch(onError);
    }
  } catch (error) {
    onError(error instanceof Error ? error : new Error(String(error)));
  }
}

/** What is overdue in a job. `now`, `awakeSince`: seconds of block time. */
export function choresOf(view: JobView, now: number, awakeSince: number): Chore[] {
  if (view.phase !== 'running') return [];
  const job = view.id;
  const overdue = (since: number) => now >= since + PATIENCE_SECONDS;
  const chores: Chore[] = view.rounds.flatMap((round) => roundChores(job, round, now, awakeSince));
  if (view.rollingBack) chores.push((chain) => rollBackJob(chain, { job }));
  for (const challenge of view.challenges) chores.push(...challengeChores(challenge, overdue));
  if (view.finishable) chores.push((chain) => finishJob(chain, { job }));
  return chores;
}

function challengeChores({ id, phase, play, stale, expiresAt }: ChallengeView, overdue: (since: number) => boolean): Chore[] {
  if (phase !== 'open') return [];
  if (stale || (play && play.winner !== null)) return overdue(expiresAt) ? [(chain) => concludeChallenge(chain, { challenge: id })] : [];
  if (!play) return overdue(expiresAt) ? [(chain) => expireChallenge(chain, { challenge: id })] : [];
  return overdue(play.until) ? [(chain) => claimTime(chain, { game: play.game })] : [];
}

function roundChores(job: bigint, view: RoundView, now: number, awakeSince: number): Chore[] {
  const { round } = view;
  if (!view.closed) {
    return view.openedAt > 0 && now >= view.deadline + PATIENCE_SECONDS ? [(chain) => closeRound(chain, { job, round })] : [];
  }
  if (now < view.closedAt + PATIENCE_SECONDS) return [];
  const chores: Chore[] = [];
  if (!view.drawn) chores.push((chain) => drawAudits(chain, { job, round }));
  const silentFrom = (slot: SlotRoundView) => Math.max(slot.audit?.deadline ?? 0, awakeSince) + SILENCE_PATIENCE_SECONDS;
  for (const slot of view.slots) {
    const pending = slot.audit && ['drawn', 'attested', 'opened'].includes(slot.audit.phase);
    if (pending && slot.phase !== 'waiting' && now >= silentFrom(slot)) chores.push((chain) => claimSilence(chain, { job, round, slot: slot.slot }));
  }
  if (view.slots.some(({ due }) => due)) chores.push((chain) => settleRound(chain, { job, round }));
  return chores;
}
