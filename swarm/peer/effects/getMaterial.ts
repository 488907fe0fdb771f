/** Program and data of a job, each checked against what stands on chain before anything is run. */
import { decodeProgram } from '#engine/program/decodeProgram.ts';
import { hashProgram } from '#engine/program/hashProgram.ts';
import { validateProgram } from '#engine/program/validateProgram.ts';
import type { DatasetManifest, Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import { parseDatasetManifest } from '#swarm/protocol/parseDatasetManifest.ts';
import { parseJobSpec } from '#swarm/protocol/parseJobSpec.ts';
import type { PeerContext } from '../peerContext.ts';
import { viewOf } from './viewOf.ts';

/** Errors: what does not match, and that this tab will not work on such a job. */
export async function getMaterial(context: PeerContext): Promise<void> {
  const { blobs, engine, job, topic, onProgress } = context;
  const { terms, requestor } = viewOf(context);
  const from = topic.peersFor(requestor);
  const get = (hash: Hash) => blobs.get(hash, { from });

  const spec: JobSpec = parseJobSpec(await get(terms.specHash));
  requireSame('program hash', spec.programHash, terms.programHash);
  requireSame('initial root', spec.initialRoot, terms.initialRoot);
  const programBytes = await get(spec.programBlob);
  const program = decodeProgram(programBytes);
  validateProgram(program);
  requireSame('program', toHash(hashProgram(program)), terms.programHash);

  const manifest: DatasetManifest = parseDatasetManifest(await get(spec.dataset));
  requireSame('dataset root', manifest.root, terms.datasetRoot);
  const chunks: Uint8Array[] = [];
  for (const hash of manifest.chunks) {
    onProgress?.({ doing: 'downloading', round: 0, slot: 0, bytes: { done: chunks.length, total: manifest.chunks.length } });
    chunks.push(await get(hash));
  }
  await engine.open(job.toString(), { spec, programBytes, manifest, chunks });
}

function requireSame(what: string, found: Hash, wanted: Hash): void {
  if (found.toLowerCase() !== wanted.toLowerCase()) throw new Error(`the ${what} of this job's files is ${found}, the chain says ${wanted}: this tab will not work on it`);
}
