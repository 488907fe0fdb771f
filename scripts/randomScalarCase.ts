/** Cases of single instructions where executors could differ: edges, any bits, near ties, cancellation, quotients near one. */
import type { BodyOp } from '#engine/program/program.ts';
import { EDGE_FLOATS, RandomWords } from '#engine/program/randomWords.ts';
import { SIGNATURES } from '#engine/program/typeBody.ts';
import type { ScalarCase } from './startCourt.ts';

/** An endless source; the same seed gives the same cases. f32 words need not be canonical. */
export function randomScalarCase(seed: number): (op: BodyOp) => ScalarCase {
  const random = new RandomWords(seed);
  return (op) => {
    const { args: types } = SIGNATURES[op];
    const args = types.map((type) => (type === 'f32' ? randomFloat(random) : (random.integers(1)[0] as number)));
    const kind = random.below(4);
    // Nearly the same, or the same with another exponent: cancellation, ties, quotients and roots near a whole power.
    if (types.length === 2 && kind === 0) args[1] = ((args[0] as number) + random.below(7) - 3) ^ (random.below(2) * 0x80000000);
    if (types.length === 2 && types[0] === 'f32' && kind === 1) args[1] = ((args[0] as number) & 0x807fffff) | ((random.word() % 0x7f800000) & 0x7f800000);
    return { op, args: args.map((bits) => bits >>> 0) };
  };
}

function randomFloat(random: RandomWords): number {
  switch (random.below(5)) {
    case 0:
      return random.pick(EDGE_FLOATS);
    case 1:
      return random.word();
    case 2:
      // Few significant bits: exact results and exact ties.
      return random.word() & random.pick([0xff800000, 0xfff00000, 0xfffff000, 0xfffffffe]);
    case 3:
      // Moderate arguments, where the defined functions are not saturated.
      return (random.word() & 0x807fffff) | ((118 + random.below(18)) << 23);
    default:
      return random.floats(1, 1)[0] as number;
  }
}
