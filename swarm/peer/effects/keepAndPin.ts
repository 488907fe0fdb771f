/** Stores bytes that others will ask for, at the relay's hub as well where it can be reached. */
import type { Blobs } from '#swarm/network/mesh.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';

/** A relay that is down must not stop a round: peers fetch from each other. Errors: no room in this tab's own store. */
export function keepAndPin(blobs: Blobs, bytes: Uint8Array): Promise<Hash> {
  return blobs.put(bytes, { pin: true }).catch(() => blobs.put(bytes));
}
