/** R3: what a keeper checks before it signs for a delta, and everyone before using one. Needs no GPU. */
import { sha256 } from '@noble/hashes/sha2.js';
import type { Program } from '#engine/program/program.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { ProtocolError } from '#swarm/protocol/protocolError.ts';
import { applyDelta } from './applyDelta.ts';
import { type GlobalState, sharedTensors } from './globalState.ts';
import { proposalRootOf } from './makeDelta.ts';
import { deltaTensors, type QuantisedTensor, unpackDelta } from './packDelta.ts';

export interface DeltaClaim {
  readonly slot: number;
  readonly deltaHash: Hash;
  readonly proposalRoot: Hash;
}

/** The delta's tensors. Errors: ProtocolError saying what does not fit: hash, shape, canonical form, or proposal root. */
export function checkDelta(program: Program, global: GlobalState, claim: DeltaClaim, bytes: Uint8Array): QuantisedTensor[] {
  const who = `delta of round ${global.round}, slot ${claim.slot}`;
  if (toHash(sha256(bytes)) !== claim.deltaHash) throw new ProtocolError(`${who}: its bytes do not have the committed hash`);
  const delta = unpackDelta(
    bytes,
    sharedTensors(program).map((tensor) => tensor.elements),
  );
  // A sum beyond f32 would be poison (T7).
  applyDelta(global.tensors, delta);
  if (proposalRootOf(global.round, claim.slot, deltaTensors(delta)) !== claim.proposalRoot) {
    throw new ProtocolError(`${who}: this delta does not have the committed proposal root`);
  }
  return delta;
}
