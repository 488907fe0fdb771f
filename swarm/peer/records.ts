/** What a peer keeps on record for a job, so that a reload forgets nothing that was promised on chain. */
import { checkpointSalt } from '#swarm/protocol/checkpointTree.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { PeerMeans } from './peerContext.ts';

export interface SolvedRecord {
  readonly checkpointRoots: readonly Hash[];
  readonly proposalRoot: Hash;
  readonly deltaHash: Hash;
  readonly loss: number;
  readonly accuracy: number | null;
}

export interface AttestedRecord {
  readonly target: Hash;
  readonly salt: Hash;
}

type Means = Pick<PeerMeans, 'job' | 'store' | 'secret'> & { readonly chain: { readonly deploymentId: string } };

export function jobRecords({ job, store, secret, chain }: Means) {
  const key = (...parts: (string | number)[]) => ['peer', chain.deploymentId, job, ...parts].join('/');
  return {
    solved: (round: number, slot: number) => store.get<SolvedRecord>(key('solved', round, slot)),
    setSolved: (round: number, slot: number, record: SolvedRecord) => store.set(key('solved', round, slot), record),
    attested: (round: number, slot: number, attempt: number) => store.get<AttestedRecord>(key('attested', round, slot, attempt)),
    setAttested: (round: number, slot: number, attempt: number, record: AttestedRecord) => store.set(key('attested', round, slot, attempt), record),
    /** Blob of G_round, for peers that join later. */
    global: (round: number) => store.get<{ readonly root: Hash; readonly blob: Hash }>(key('global', round)),
    setGlobal: (round: number, root: Hash, blob: Hash) => store.set(key('global', round), { root, blob }),
    salts: (round: number, slot: number, count: number): Hash[] => Array.from({ length: count }, (_, checkpoint) => checkpointSalt(secret, { job, round, slot, checkpoint })),
  };
}
