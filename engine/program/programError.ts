/** A Program that is malformed, unprovable or over a limit. The message says where and why. */
export class ProgramError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProgramError';
  }
}
