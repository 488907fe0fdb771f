/** Golden scalar cases of every body operation, for the tests of every executor: `vectors/scalars.json` is this, written out. */
import { BODY_OPS, type BodyOp } from '#engine/program/program.ts';
import { EDGE_FLOATS, RandomWords } from '#engine/program/randomWords.ts';
import { SIGNATURES } from '#engine/program/typeBody.ts';
import { canon } from './canon.ts';
import { evaluateScalar } from './evaluateScalar.ts';

const hex = (bits: number) => bits.toString(16).padStart(8, '0');

/** For each operation, lines `argument... result` of hex bit patterns. f32 arguments are canonical (canon(bits) === bits). */
export function scalarVectors(): Record<BodyOp, string[]> {
  return Object.fromEntries(BODY_OPS.map((op, k) => [op, casesOf(op, new RandomWords(1000 + k))])) as Record<BodyOp, string[]>;
}

function casesOf(op: BodyOp, random: RandomWords): string[] {
  const { args } = SIGNATURES[op];
  const lines: string[] = [];
  const add = (values: readonly number[]) => lines.push([...values, evaluateScalar(op, values)].map(hex).join(' '));
  if (args.length === 1 && args[0] === 'f32') for (const edge of EDGE_FLOATS) add([canon(edge)]);
  const count = args.length === 1 ? 60 : args[0] === 'f32' ? 170 : 70;
  for (let k = 0; k < count; k++) {
    const values = args.map((type) => (type === 'f32' ? (random.floats(1, k % 2 ? 6 : 2)[0] as number) : (random.integers(1)[0] as number)));
    // Near-ties and cancellation come from operands that nearly agree.
    if (k % 5 === 4 && args.length === 2) values[1] = nearby(values[0] as number, args[1] === 'f32', random);
    add(values);
  }
  return lines;
}

function nearby(bits: number, float: boolean, random: RandomWords): number {
  const near = ((bits + random.below(5) - 2) ^ (random.below(2) * 0x80000000)) >>> 0;
  return float ? canon(near) : near;
}
