/** What a peer keeps on record for a job, so that a reload forgets nothing that was promised on chain. */
import { checkpointSalt } from '#swarm/protocol/checkpointTree.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { PeerMeans } from './peerContext.ts';

/** Of the round from one G_r: after a strike the same round may begin from another (A8). */
export interface SolvedRecord {
  readonly globalRoot: Hash;
  readonly checkpointRoots: readonly Hash[];
  readonly proposalRoot: Hash;
  readonly deltaHash: Hash;
  readonly loss: number;
  readonly accuracy: number | null;
}

/** About one piece of one commitment: after a strike (A8) the same attempt may be drawn again, for another piece of the same work. */
export interface AttestedRecord {
  readonly checkpointsRoot: Hash;
  readonly segment: number;
  readonly target: Hash;
  readonly salt: Hash;
}

interface AuditPlace {
  readonly round: number;
  readonly slot: number;
  readonly attempt: number;
  readonly segment: number;
}

type Means = Pick<PeerMeans, 'job' | 'store' | 'secret'> & { readonly chain: { readonly deploymentId: string } };

export function jobRecords({ job, store, secret, chain }: Means) {
  const key = (...parts: (string | number)[]) => ['peer', chain.deploymentId, job, ...parts].join('/');
  return {
    solved: async (round: number, slot: number, globalRoot: Hash | null) => {
      const kept = await store.get<SolvedRecord>(key('solved', round, slot));
      return kept?.globalRoot === globalRoot ? kept : null;
    },
    setSolved: (round: number, slot: number, record: SolvedRecord) => store.set(key('solved', round, slot), record),
    attested: async ({ round, slot, attempt, segment }: AuditPlace, checkpointsRoot: Hash) => {
      const kept = await store.get<AttestedRecord>(key('attested', round, slot, attempt));
      return kept?.checkpointsRoot === checkpointsRoot && kept.segment === segment ? kept : null;
    },
    setAttested: ({ round, slot, attempt }: AuditPlace, record: AttestedRecord) => store.set(key('attested', round, slot, attempt), record),
    /** Blob of G_round, for peers that join later. */
    global: (round: number) => store.get<{ readonly root: Hash; readonly blob: Hash }>(key('global', round)),
    setGlobal: (round: number, root: Hash, blob: Hash) => store.set(key('global', round), { root, blob }),
    salts: (round: number, slot: number, count: number): Hash[] => Array.from({ length: count }, (_, checkpoint) => checkpointSalt(secret, { job, round, slot, checkpoint })),
  };
}
