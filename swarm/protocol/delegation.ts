/**
 * What somebody hands to a watchtower that is to make its moves in disputes (SPEC D14). On chain the account has named the
 * watchtower; this adds what only the account knew: where its salts come from. It is no key, and moves no money.
 */
import type { Address, Hash } from './jobSpec.ts';
import { decodeJson, encodeJson } from './json.ts';
import { hashBytes, toHash } from './hex.ts';
import { address, hash, integer, literal, object } from './reader.ts';

export interface Delegation {
  readonly account: Address;
  /** 32 bytes, as `checkpointSalt` takes them. */
  readonly secret: Uint8Array;
}

/** For which chain, and to whom, as the file says it. */
export interface DelegationFile extends Delegation {
  readonly delegate: Address;
  readonly chainId: number;
}

const MAX_BYTES = 10_000;
const file = object<{ tutti: 'delegation'; version: 1; chainId: number; account: Address; delegate: Address; secret: Hash }>({
  tutti: literal('delegation'),
  version: literal(1),
  chainId: integer(1, Number.MAX_SAFE_INTEGER),
  account: address,
  delegate: address,
  secret: hash,
});

export function encodeDelegation({ account, delegate, chainId, secret }: DelegationFile): Uint8Array<ArrayBuffer> {
  return encodeJson({ tutti: 'delegation', version: 1, chainId, account: account.toLowerCase(), delegate: delegate.toLowerCase(), secret: toHash(secret) });
}

/** Errors: ProtocolError with what is wrong in the file. */
export function parseDelegation(bytes: Uint8Array): DelegationFile {
  const { chainId, account, delegate, secret } = decodeJson(bytes, 'delegation', MAX_BYTES, file);
  return { chainId, account, delegate, secret: hashBytes(secret) };
}
