/** A move that the game does not take: it changes nothing, as a reverted transaction does. The message says why. */
export class Refusal extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'Refusal';
  }
}

export function require(condition: boolean, why: string): asserts condition {
  if (!condition) throw new Refusal(why);
}
