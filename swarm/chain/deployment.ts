/** Where the contracts stand: plain JSON, written by `deployContracts`, handed to tabs by a relay. */
import type { Address, Hash } from '#swarm/protocol/jobSpec.ts';

export const CONTRACT_NAMES = ['token', 'forwarder', 'vault', 'jobs', 'rounds', 'audits', 'challenges', 'lens', 'court', 'game', 'beacon', 'governor', 'treasury'] as const;
export type ContractName = (typeof CONTRACT_NAMES)[number];

/** Seconds of block time; see `Timing` in contracts/src/JobTypes.sol. */
export interface Timing {
  readonly windowSeconds: number;
  readonly answerSeconds: number;
  readonly challengeSeconds: number;
  readonly withdrawSeconds: number;
  readonly payoutSeconds: number;
}

export interface Deployment {
  readonly chainId: number;
  /** Block of the first contract: events start here. */
  readonly block: number;
  readonly blockHash: Hash;
  readonly addresses: Readonly<Record<ContractName, Address>>;
  /** Null where TUT is not given away. */
  readonly faucet: Address | null;
  readonly timing: Timing;
}

/** Tells this deployment from every other, also from one at the same addresses on a chain that began anew. */
export function deploymentId({ chainId, addresses, blockHash }: Deployment): string {
  return `${chainId}-${addresses.jobs.toLowerCase().slice(2, 10)}-${blockHash.slice(2, 18)}`;
}

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** Checks a deployment that came as JSON. Errors: what is missing or malformed. */
export function parseDeployment(value: unknown): Deployment {
  if (typeof value !== 'object' || value === null) throw new Error('the deployment is not a JSON object');
  const given = value as Partial<Deployment>;
  if (!isCount(given.chainId) || !isCount(given.block)) throw new Error('the deployment lacks chainId or block');
  if (typeof given.blockHash !== 'string' || !/^0x[0-9a-fA-F]{64}$/.test(given.blockHash)) throw new Error('the deployment lacks blockHash');
  for (const name of CONTRACT_NAMES) {
    if (!ADDRESS.test(String(given.addresses?.[name]))) throw new Error(`the deployment lacks the address of ${name}`);
  }
  if (given.faucet !== null && !ADDRESS.test(String(given.faucet))) throw new Error('the faucet of the deployment is neither null nor an address');
  for (const name of ['windowSeconds', 'answerSeconds', 'challengeSeconds', 'withdrawSeconds', 'payoutSeconds'] as const) {
    if (!isCount(given.timing?.[name])) throw new Error(`the deployment lacks timing.${name}`);
  }
  return given as Deployment;
}
