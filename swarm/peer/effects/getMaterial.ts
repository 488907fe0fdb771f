/** Program and data of a job, each checked against what stands on chain before anything is run. */
import { decodeProgram } from '#engine/program/decodeProgram.ts';
import { hashProgram } from '#engine/program/hashProgram.ts';
import { validateProgram } from '#engine/program/validateProgram.ts';
import type { Blobs } from '#swarm/network/mesh.ts';
import type { DatasetManifest, Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';
import type { JobView } from '#swarm/protocol/jobView.ts';
import { buildDocket } from '#swarm/dispute/docket.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import { parseDatasetManifest } from '#swarm/protocol/parseDatasetManifest.ts';
import { parseJobSpec } from '#swarm/protocol/parseJobSpec.ts';
import { openDataset } from '#swarm/training/dataset.ts';
import type { TrainingEngine } from '../trainingEngine.ts';

export interface MaterialSource {
  readonly blobs: Blobs;
  readonly engine: TrainingEngine;
  readonly view: JobView;
  /** The job's name in the engine. */
  readonly key: string;
  /** Mesh ids to ask. */
  readonly from: readonly string[];
  readonly onChunk?: (done: number, total: number) => void;
}

const CHUNKS_AT_ONCE = 4;

/** Errors: what does not match, and that this tab will not work on such a job. */
export async function getMaterial({ blobs, engine, view, key, from, onChunk }: MaterialSource): Promise<void> {
  const { terms } = view;
  const get = (hash: Hash) => blobs.get(hash, { from });
  const spec: JobSpec = parseJobSpec(await get(terms.specHash));
  requireSame('program hash', spec.programHash, terms.programHash);
  requireSame('initial root', spec.initialRoot, terms.initialRoot);
  requireEqual('number of slots', spec.slots, terms.slots);
  requireEqual('number of rounds', spec.rounds, terms.rounds);
  requireEqual('number of checkpoints a round', spec.stepsPerRound / spec.checkpointEvery, terms.segments);
  const programBytes = await get(spec.programBlob);
  const program = decodeProgram(programBytes);
  validateProgram(program);
  requireSame('program', toHash(hashProgram(program)), terms.programHash);

  const manifest: DatasetManifest = parseDatasetManifest(await get(spec.dataset));
  requireSame('dataset root', manifest.root, terms.datasetRoot);
  // Only with the right facts can the court judge this job's work.
  requireSame('docket', buildDocket(program, spec, manifest).root, terms.docketRoot);
  const chunks = await getChunks(manifest.chunks, get, onChunk);
  const held = new Map(manifest.chunks.map((hash, k) => [hash, chunks[k] as Uint8Array]));
  await openDataset(manifest, { get: async (hash) => held.get(hash) as Uint8Array }).verify();
  await engine.open(key, { spec, programBytes, manifest, chunks });
}

/** In their order; several at a time, for a round trip each would be most of the wait. */
async function getChunks(hashes: readonly Hash[], get: (hash: Hash) => Promise<Uint8Array>, onChunk: MaterialSource['onChunk']): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  let next = 0;
  let done = 0;
  const fetchOneByOne = async () => {
    while (next < hashes.length) {
      const place = next++;
      chunks[place] = await get(hashes[place] as Hash);
      onChunk?.(++done, hashes.length);
    }
  };
  onChunk?.(0, hashes.length);
  await Promise.all(Array.from({ length: CHUNKS_AT_ONCE }, fetchOneByOne));
  return chunks;
}

function requireEqual(what: string, found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`the ${what} in this job's files is ${found}, the chain says ${wanted}: this tab will not work on it`);
}

function requireSame(what: string, found: Hash, wanted: Hash): void {
  if (found.toLowerCase() !== wanted.toLowerCase()) throw new Error(`the ${what} of this job's files is ${found}, the chain says ${wanted}: this tab will not work on it`);
}
