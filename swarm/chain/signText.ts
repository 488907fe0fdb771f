/** Signed words that are no transaction: loss reports. EIP-712, so that a wallet shows what is signed. */
import { type Hex, recoverTypedDataAddress } from 'viem';
import type { Address } from '#swarm/protocol/jobSpec.ts';
import type { ChainClient } from './createChainClient.ts';

const TYPES = { Statement: [{ name: 'text', type: 'string' }] } as const;

function statement(chain: Pick<ChainClient, 'chainId'>, text: string) {
  return { domain: { name: 'Tutti', version: '1', chainId: chain.chainId }, types: TYPES, primaryType: 'Statement', message: { text } } as const;
}

export function signText(chain: ChainClient, text: string): Promise<Hex> {
  return chain.signTypedData(statement(chain, text));
}

/** Who signed. Errors: bytes that are no signature. */
export function signerOfText(chain: Pick<ChainClient, 'chainId'>, text: string, signature: Hex): Promise<Address> {
  return recoverTypedDataAddress({ ...statement(chain, text), signature });
}
