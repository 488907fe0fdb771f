/** Plays whole jobs with made-up work: the contracts cannot tell, they only see hashes. */
import { keccak256, parseEther, stringToHex } from 'viem';
import { attestationHash, auditTarget } from '#swarm/protocol/attestation.ts';
import { checkpointsRoot, openCheckpoint } from '#swarm/protocol/checkpointTree.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { attestAudit } from '../attestAudit.ts';
import { closeRound } from '../closeRound.ts';
import { commitRound } from '../commitRound.ts';
import type { ChainClient } from '../createChainClient.ts';
import { drawAudits } from '../drawAudits.ts';
import type { JobTerms } from '#swarm/protocol/jobView.ts';
import { openAudit } from '../openAudit.ts';
import { readJob } from '../readJob.ts';
import { revealAudit } from '../revealAudit.ts';
import { signReceipt } from '../signReceipt.ts';
import type { TestChain } from './startAnvil.ts';

export const hashOf = (...parts: (string | number | bigint)[]): Hash => keccak256(stringToHex(parts.join('/')));

export function makeTerms(changes: Partial<JobTerms> = {}): JobTerms {
  const terms = {
    specHash: hashOf('spec'),
    programHash: hashOf('program'),
    datasetRoot: hashOf('data'),
    initialRoot: hashOf('global', 0),
    docketRoot: hashOf('docket'),
    slots: 2,
    rounds: 2,
    segments: 3,
    roundSeconds: 60,
    maxPriceWei: parseEther('2'),
    auditFeeWei: parseEther('1'),
    auditRate: 10_000,
    stakePerSlotWei: parseEther('20'),
    receiptsNeeded: 1,
    minMacsPerSecond: 1000n,
    minMemoryBytes: 1000n,
    ...changes,
  };
  return { bountyWei: BigInt(terms.slots * terms.rounds) * (terms.maxPriceWei + terms.auditFeeWei), ...terms };
}

export interface Work {
  readonly roots: readonly Hash[];
  readonly salts: readonly Hash[];
  readonly proposalRoot: Hash;
  readonly deltaHash: Hash;
}

export function workOf(job: bigint, round: number, slot: number, segments: number): Work {
  const at = (name: string) => Array.from({ length: segments + 1 }, (_, k) => hashOf(name, job, round, slot, k));
  return { roots: at('root'), salts: at('salt'), proposalRoot: hashOf('proposal', job, round, slot), deltaHash: hashOf('delta', job, round, slot) };
}

export async function commitWork(solver: ChainClient, keepers: readonly ChainClient[], job: bigint, round: number, slot: number): Promise<void> {
  const view = await readJob(solver, job);
  const work = workOf(job, round, slot, view.terms.segments);
  const { proposalRoot, deltaHash } = work;
  const receipts = await Promise.all(keepers.map((keeper) => signReceipt(keeper, { job, round, slot, proposalRoot, deltaHash })));
  const globalRoot = view.rounds[round]?.globalRoot as Hash;
  await commitRound(solver, { job, round, slot, globalRoot, checkpointsRoot: checkpointsRoot(work.roots, work.salts), proposalRoot, deltaHash, receipts });
}

/** Closes a round and, after the beacon, draws it. */
export async function closeAndDraw(chain: TestChain, anyone: ChainClient, job: bigint, round: number): Promise<void> {
  await closeRound(anyone, { job, round });
  await chain.control.mine({ blocks: 3 });
  await drawAudits(anyone, { job, round });
}

/** One honest audit; with `lie` the auditor claims another target. */
export async function playAudit(people: readonly ChainClient[], job: bigint, round: number, slot: number, lie = false): Promise<void> {
  const anyone = people[0] as ChainClient;
  const view = await readJob(anyone, job);
  const { audit, commitment } = view.rounds[round]?.slots[slot] ?? {};
  if (!audit || !commitment) throw new Error(`slot ${slot} of round ${round} is not drawn`);
  const by = (address: string) => people.find((one) => one.address.toLowerCase() === address.toLowerCase()) as ChainClient;
  const auditor = by(audit.auditor);
  const { segment, attempt } = audit;
  const { segments } = view.terms;
  const work = workOf(job, round, slot, segments);
  const honest = auditTarget(work.roots[segment + 1] as Hash, segment === segments - 1 ? work : null);
  const target = lie ? hashOf('another', honest) : honest;
  const salt = hashOf('auditor salt', job, round, slot);
  await attestAudit(auditor, { job, round, slot, attestation: attestationHash({ target, salt, auditor: auditor.address, job, round, slot, attempt }) });
  const { root, salt: sealed, path } = openCheckpoint(work.roots, work.salts, segment + 1);
  await openAudit(by(commitment.solver), { job, round, slot, root, salt: sealed, path });
  await revealAudit(auditor, { job, round, slot, target, salt });
}
