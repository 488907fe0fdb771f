/** Bytes from someone else that are not what they should be. The message says which field, and what it should have been. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtocolError';
  }
}
