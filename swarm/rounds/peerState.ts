/** What one peer knows of one job: the chain's snapshot, and what it holds itself. Plain data. */
import type { JobView } from '#swarm/protocol/jobView.ts';
import type { Address, Hash } from '#swarm/protocol/jobSpec.ts';

export type EffectKind =
  | 'getMaterial'
  | 'getGlobal'
  | 'train'
  | 'commit'
  | 'closeRound'
  | 'computeNext'
  | 'postNext'
  | 'challengeNext'
  | 'draw'
  | 'watch'
  | 'accuse'
  | 'audit'
  | 'openAudit'
  | 'revealAudit'
  | 'claimSilence'
  | 'settle'
  | 'playChallenge'
  | 'dispute'
  | 'claimTime'
  | 'concludeChallenge'
  | 'expireChallenge'
  | 'rollBack'
  | 'enlist'
  | 'finish';

/** Something to do now. `key` is unique in the job: the same effect is never run twice at once. */
export interface Effect {
  readonly kind: EffectKind;
  readonly key: string;
  readonly round: number;
  readonly slot: number;
  readonly segment: number;
  /** Of an audit; the number of a challenge. */
  readonly attempt: number;
  /** That the job had when this was decided (A8). */
  readonly strikes: number;
}

export interface PeerState {
  readonly me: Address;
  readonly view: JobView | null;
  /** Whose moves in disputes this peer makes too, where they don't (D14). */
  readonly standsFor: readonly Address[];
  /** Its owner wants it to check others' work in this job. */
  readonly verifies: boolean;
  /** A watchtower: it has no part in the job, trains every slot's round for itself and accuses whoever has another result. */
  readonly watches: boolean;
  /** `G_r's root/slot`: the proposal root that honest work on that slot gives, as a watchtower computed it. */
  readonly watched: Readonly<Record<string, Hash>>;
  /** Program and data are here and verified. */
  readonly material: boolean;
  /** Root of each G_r that this peer holds, as it computed or verified it. */
  readonly globals: Readonly<Record<number, Hash>>;
  /** `round/slot` of rounds trained here and not yet known to be committed. */
  readonly trained: Readonly<Record<string, true>>;
  /** `round/slot/attempt` of audits whose target this peer computed and attested. */
  readonly attested: Readonly<Record<string, true>>;
  readonly running: Readonly<Record<string, true>>;
  /** Effects that failed: not before `retryAt` (seconds) again. */
  readonly failed: Readonly<Record<string, { readonly count: number; readonly retryAt: number }>>;
}

export type PeerEvent =
  | { readonly kind: 'seen'; readonly view: JobView; readonly verifies?: boolean; readonly watches?: boolean }
  /** This peer computed or verified G_round. */
  | { readonly kind: 'global'; readonly round: number; readonly root: Hash; readonly strikes?: number }
  /** This watchtower computed what a slot's round comes to. */
  | { readonly kind: 'watched'; readonly globalRoot: Hash; readonly slot: number; readonly proposalRoot: Hash }
  | { readonly kind: 'done'; readonly effect: Effect }
  | { readonly kind: 'failed'; readonly effect: Effect }
  | { readonly kind: 'time' };

export function newPeerState(me: Address, standsFor: readonly Address[] = []): PeerState {
  return { me, standsFor, view: null, verifies: false, watches: false, watched: {}, material: false, globals: {}, trained: {}, attested: {}, running: {}, failed: {} };
}
