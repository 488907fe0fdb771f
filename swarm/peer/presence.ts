/** Who of a job's parties is behind which mesh id. A claim only: everything asked of a peer is checked by itself. */
import type { Address } from '#swarm/protocol/jobSpec.ts';
import { decodeJson, encodeJson } from '#swarm/protocol/json.ts';
import { MAX_MESSAGE_BYTES } from '#swarm/protocol/limits.ts';
import { address, object, text } from '#swarm/protocol/reader.ts';

export interface Presence {
  readonly address: Address;
  readonly peer: string;
}

const presence = object<Presence>({ address, peer: text(1, 200) });

export function encodePresence(value: Presence): Uint8Array {
  return encodeJson(value);
}

/** Errors: ProtocolError naming the field. */
export function parsePresence(bytes: Uint8Array): Presence {
  return decodeJson(bytes, 'presence', MAX_MESSAGE_BYTES, presence);
}
