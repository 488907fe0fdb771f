/** A keeper's word that it holds a delta whose hash is right and that gives the proposal root (R3). Needs no transaction. */
import type { Hex } from 'viem';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';

export const RECEIPT_TYPES = {
  Receipt: [
    { name: 'job', type: 'uint256' },
    { name: 'round', type: 'uint32' },
    { name: 'slot', type: 'uint16' },
    { name: 'stage', type: 'uint16' },
    { name: 'proposalRoot', type: 'bytes32' },
    { name: 'deltaHash', type: 'bytes32' },
  ],
} as const;

export interface ReceiptFields {
  readonly job: bigint;
  readonly round: number;
  readonly slot: number;
  readonly proposalRoot: Hash;
  readonly deltaHash: Hash;
}

export function signReceipt(chain: ChainClient, fields: ReceiptFields): Promise<Hex> {
  return chain.signTypedData({
    domain: { name: 'Tutti', version: '1', chainId: chain.chainId, verifyingContract: chain.deployment.addresses.rounds },
    types: RECEIPT_TYPES,
    primaryType: 'Receipt',
    message: { ...fields, stage: 0 },
  });
}
