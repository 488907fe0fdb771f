/** What an account has, in one call. */
import { lensAbi } from '#abi/lensAbi.ts';
import type { Address } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';

export interface ChainAccount {
  readonly balanceWei: bigint;
  /** Free and locked together. */
  readonly stakedWei: bigint;
  readonly lockedWei: bigint;
  readonly creditWei: bigint;
  readonly withdrawingWei: bigint;
  /** Seconds of block time; 0 when nothing was ever requested. */
  readonly withdrawAt: number;
  readonly payout: Address;
  /** 100 for newcomers, 10 to 1000. */
  readonly reputation: number;
  readonly gasWei: bigint;
}

export async function readAccount(chain: ChainClient, account: Address = chain.address): Promise<ChainAccount> {
  const reading = await chain.publicClient.readContract({ address: chain.deployment.addresses.lens, abi: lensAbi, functionName: 'readAccount', args: [account] });
  return { ...reading, withdrawAt: Number(reading.withdrawAt) };
}
