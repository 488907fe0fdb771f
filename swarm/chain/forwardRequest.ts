/** A call that its actor signed and anyone may bring to the chain (SPEC S4): the forwarder's EIP-712 request. */
import type { Hex, TypedDataDomain } from 'viem';
import type { Address } from '#swarm/protocol/jobSpec.ts';
import type { Deployment } from './deployment.ts';

export const FORWARD_REQUEST_TYPES = {
  ForwardRequest: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'gas', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint48' },
    { name: 'data', type: 'bytes' },
  ],
} as const;

export interface ForwardRequest {
  readonly from: Address;
  readonly to: Address;
  readonly gas: bigint;
  readonly nonce: bigint;
  /** Seconds of block time. */
  readonly deadline: number;
  readonly data: Hex;
  readonly signature: Hex;
}

/** The request as JSON carries it: integers in decimal strings. */
export type ForwardRequestJson = Readonly<Record<keyof ForwardRequest, string>>;

/** What a submitter answers for each request, in order. */
export type SubmitResult = { readonly transaction: Hex; readonly gasUsed: string } | { readonly error: string; readonly code: string };

export function forwarderDomain(deployment: Pick<Deployment, 'chainId' | 'addresses'>): TypedDataDomain {
  return { name: 'Tutti', version: '1', chainId: deployment.chainId, verifyingContract: deployment.addresses.forwarder };
}

export function encodeForwardRequest(request: ForwardRequest): ForwardRequestJson {
  const { from, to, gas, nonce, deadline, data, signature } = request;
  return { from, to, gas: gas.toString(), nonce: nonce.toString(), deadline: deadline.toString(), data, signature };
}
