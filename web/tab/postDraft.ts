/** A checked draft becomes a job: everything it consists of is pinned to the mesh, then the bounty is escrowed on chain. */
import { keccak256, toHex } from 'viem';
import { decodeProgram } from '#engine/program/decodeProgram.ts';
import { buildDocket } from '#swarm/dispute/docket.ts';
import type { ChainClient } from '#swarm/chain/createChainClient.ts';
import { fundFromFaucet } from '#swarm/chain/fundFromFaucet.ts';
import { postJob } from '#swarm/chain/postJob.ts';
import { readAccount } from '#swarm/chain/readAccount.ts';
import type { Blobs } from '#swarm/network/mesh.ts';
import type { JobSpec } from '#swarm/protocol/jobSpec.ts';
import type { JobTerms } from '#swarm/protocol/jobView.ts';
import { encodeJobSpec } from '#swarm/protocol/parseJobSpec.ts';
import type { PreparedParts } from '#web/worker/prepareJob.ts';
import type { JobDraft } from './tabModel.ts';

/** The plain mean of the slots' deltas: momentum pays in long runs of many slots only (docs/DECISIONS.md has the measurement). */
const OUTER: JobSpec['outer'] = { learningRate: 1, momentum: 0, clip: 1000 };

export function costWei({ slots, rounds, maxPriceWei, auditFeeWei }: JobDraft): bigint {
  return BigInt(slots) * BigInt(rounds) * (maxPriceWei + auditFeeWei);
}

type Progress = (text: string, fraction: number) => void;

/** Errors: a full store, a relay that does not pin, the chain's refusals in words. */
export async function postDraft(chain: ChainClient, blobs: Blobs, draft: JobDraft, parts: PreparedParts, onProgress: Progress): Promise<bigint> {
  const pin = { pin: true };
  const pieces = [...parts.dataset.chunks, ...(parts.testDataset?.chunks ?? [])];
  for (const [k, chunk] of pieces.entries()) {
    onProgress(`Sharing the data: piece ${k + 1} of ${pieces.length}`, (0.8 * k) / pieces.length);
    await blobs.put(chunk, pin);
  }
  onProgress('Sharing the program and the first weights', 0.8);
  const dataset = await blobs.put(parts.dataset.manifestBytes, pin);
  const testDataset = parts.testDataset ? await blobs.put(parts.testDataset.manifestBytes, pin) : null;
  const [programBlob, initialState, model] = [await blobs.put(parts.programBytes, pin), await blobs.put(parts.initialState, pin), await blobs.put(parts.modelBlob, pin)];
  const spec: JobSpec = {
    version: 1,
    title: draft.title,
    task: parts.task,
    programHash: parts.programHash,
    programBlob,
    initialState,
    initialRoot: parts.initialRoot,
    dataset,
    testDataset,
    model,
    slots: draft.slots,
    rounds: draft.rounds,
    stepsPerRound: draft.stepsPerRound,
    checkpointEvery: draft.checkpointEvery,
    batch: draft.batch,
    seed: keccak256(toHex(`${parts.programHash} ${dataset} ${draft.title}`)),
    schedules: [],
    outer: OUTER,
    needs: { memoryBytes: draft.minMemoryBytes, macsPerSecond: draft.minMacsPerSecond },
    licence: parts.licence,
  };
  const specHash = await blobs.put(encodeJobSpec(spec), pin);
  onProgress('Escrowing the bounty', 0.9);
  if ((await readAccount(chain)).balanceWei < costWei(draft) && chain.deployment.faucet) await fundFromFaucet(chain);
  const job = await postJob(chain, { terms: termsOf(draft, spec, specHash, parts) });
  onProgress('Posted', 1);
  return job;
}

function termsOf(draft: JobDraft, spec: JobSpec, specHash: JobTerms['specHash'], parts: PreparedParts): JobTerms {
  return {
    specHash,
    programHash: spec.programHash,
    datasetRoot: parts.dataset.manifest.root,
    initialRoot: spec.initialRoot,
    docketRoot: buildDocket(decodeProgram(parts.programBytes), spec, parts.dataset.manifest).root,
    slots: draft.slots,
    rounds: draft.rounds,
    segments: draft.stepsPerRound / draft.checkpointEvery,
    roundSeconds: draft.roundSeconds,
    maxPriceWei: draft.maxPriceWei,
    auditFeeWei: draft.auditFeeWei,
    auditRate: Math.round(draft.auditRate * 10_000),
    stakePerSlotWei: draft.stakePerSlotWei,
    // The requestor's own tab keeps every delta, so one receipt can always be had.
    receiptsNeeded: 1,
    minMacsPerSecond: BigInt(draft.minMacsPerSecond),
    minMemoryBytes: BigInt(draft.minMemoryBytes),
    bountyWei: costWei(draft),
  };
}
