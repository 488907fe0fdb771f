/** A refusal of the chain, in words for people and with the contract's error name for code. */
export class ChainError extends Error {
  override readonly name = 'ChainError';
  /** Name of the contract's custom error, or one of this room's: ChainUnreachable, WrongChain, NotDeployed, Refused, NotIncluded. */
  readonly code: string;
  readonly args: readonly unknown[];

  constructor(message: string, code: string, args: readonly unknown[], options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.args = args;
  }
}
