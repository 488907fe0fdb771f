/** How people and IPFS write a blob's hash: CIDv1, raw codec, sha2-256, base32 (H5). */
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import * as digest from 'multiformats/hashes/digest';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { hashBytes, toHash } from '#swarm/protocol/hex.ts';

const SHA2_256 = 0x12;

/** `0x...` to `bafkrei...`. */
export function hashToCid(hash: Hash): string {
  return CID.createV1(raw.code, digest.create(SHA2_256, hashBytes(hash))).toString();
}

/** The inverse. Errors: not a CID, or one of another codec or hash function, whose bytes cannot be checked as a blob. */
export function cidToHash(text: string): Hash {
  let cid: CID;
  try {
    cid = CID.parse(text.trim());
  } catch {
    throw new Error(`${text.slice(0, 80)} is not a CID`);
  }
  if (cid.version !== 1 || cid.code !== raw.code || cid.multihash.code !== SHA2_256) {
    throw new Error(`${text} is not a raw sha2-256 CIDv1 (bafkrei...): add the file with raw leaves and without chunking`);
  }
  return toHash(cid.multihash.digest);
}
