/** What can go wrong between peers, by name, so that callers can choose what to do next. */

/** No stream to the peer could be opened, or it broke off. Try another peer, or later. */
export class PeerUnreachableError extends Error {
  override readonly name = 'PeerUnreachableError';
  readonly peer: string;
  constructor(peer: string, reason: string) {
    super(`peer ${peer} cannot be reached: ${reason}`);
    this.peer = peer;
  }
}

/** The peer answered with a refusal; `message` is what it said. */
export class PeerRefusedError extends Error {
  override readonly name = 'PeerRefusedError';
  readonly peer: string;
  constructor(peer: string, reason: string) {
    super(reason);
    this.peer = peer;
  }
}

/** A frame or message that breaks the wire format or its limits. The other side is at fault. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
}

/** What the caller wants to send is over a limit. Nothing was sent. */
export class MessageTooLargeError extends Error {
  override readonly name = 'MessageTooLargeError';
  constructor(what: string, bytes: number, limit: number) {
    super(`${what} has ${bytes} bytes; at most ${limit} can be sent`);
  }
}

/** Nobody who was asked has the bytes. */
export class BlobUnavailableError extends Error {
  override readonly name = 'BlobUnavailableError';
  readonly asked: readonly string[];
  constructor(hash: string, asked: readonly { readonly who: string; readonly said: string }[]) {
    const list = asked.length === 0 ? 'nobody is connected' : asked.map(({ who, said }) => `${who}: ${said}`).join('; ');
    super(`blob ${hash} is nowhere to be had (${list})`);
    this.asked = asked.map(({ who }) => who);
  }
}

/** The disk or the browser's quota is full. What was stored before is untouched. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError';
  constructor(bytes: number, reason: string) {
    super(`no room to store ${bytes} bytes (${reason}): free some space, or delete finished jobs`);
  }
}
