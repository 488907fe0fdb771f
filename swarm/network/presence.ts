/** "I am here": the gossip by which tabs find each other without asking a relay, and relays know a tab's namespace. */

const HERE = new TextEncoder().encode('tutti here 1');

/** Tabs of a namespace subscribe to this topic; a relay's roster lists its subscribers. */
export function presenceTopic(namespace: string): string {
  return `tutti/${namespace}/here`;
}

/** The sender's id is in gossip's signed envelope, so that the message itself says no more than its version. */
export function writePresence(): Uint8Array {
  return HERE.slice();
}

export function readPresence(message: Uint8Array): boolean {
  return message.length === HERE.length && message.every((byte, index) => byte === HERE[index]);
}
