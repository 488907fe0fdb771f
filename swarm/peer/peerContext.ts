/** Everything that effects work with. `PeerMeans` comes from outside; the loop adds the rest. */
import type { ChainClient } from '#swarm/chain/createChainClient.ts';
import type { Blobs, Mesh } from '#swarm/network/mesh.ts';
import type { Delegation } from '#swarm/protocol/delegation.ts';
import type { Address, Hash } from '#swarm/protocol/jobSpec.ts';
import type { JobView } from '#swarm/protocol/jobView.ts';
import type { PeerEvent, PeerState } from '#swarm/rounds/peerState.ts';
import type { JobTopic } from './jobTopic.ts';
import type { PeerStore } from './peerStore.ts';
import type { StepReport, TrainingEngine } from './trainingEngine.ts';

export interface PeerProgress {
  readonly doing: 'downloading' | 'training' | 'sharing' | 'auditing';
  readonly round: number;
  readonly slot: number;
  readonly step?: StepReport;
  readonly bytes?: { readonly done: number; readonly total: number };
}

export interface PeerMeans {
  readonly job: bigint;
  readonly chain: ChainClient;
  readonly mesh: Mesh;
  readonly blobs: Blobs;
  readonly engine: TrainingEngine;
  readonly store: PeerStore;
  /** 32 bytes known to this peer only: salts come from it. */
  readonly secret: Uint8Array;
  /** Seconds of block time, as well as the peer knows. */
  readonly now: () => number;
  /** Whether this peer is to have a place among the job's auditors; asked at each look at the chain. Without it: as the chain has it. */
  readonly verifies?: (view: JobView) => boolean;
  /** Sides that let this peer make their moves in disputes (D14). */
  readonly standsFor?: readonly Delegation[];
  /** A watchtower: takes no part, checks all work and accuses. */
  readonly watches?: boolean;
  readonly journal: (text: string, bad: boolean) => void;
  readonly onState?: (state: PeerState) => void;
  readonly onProgress?: (progress: PeerProgress) => void;
  /** Mean loss of a slot's round: this peer's own, or as its solver reported it. */
  readonly onLoss?: (report: { readonly round: number; readonly slot: number; readonly loss: number; readonly accuracy: number | null }) => void;
  /** This peer holds G_round. `before` says that no other peer's root of it had reached this one. */
  readonly onGlobal?: (report: { readonly round: number; readonly root: Hash; readonly before: boolean; readonly state: Uint8Array }) => void;
}

export interface PeerContext extends PeerMeans {
  readonly topic: JobTopic;
  readonly state: () => PeerState;
  readonly dispatch: (event: PeerEvent) => void;
  readonly refresh: () => Promise<void>;
}

/** This peer's address as messages carry it: lower case. */
export function ownAddress({ chain }: Pick<PeerMeans, 'chain'>): Address {
  return chain.address.toLowerCase() as Address;
}
