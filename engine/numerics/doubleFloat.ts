/** Sums and products of f32 with what their rounding lost (Dekker 1971, Knuth): pairs [high, low] of lines of a definition. */
import type { DefinitionBuilder } from './definitionBuilder.ts';

export type Pair = readonly [high: number, low: number];

/** a + b exactly, whichever is greater. */
export function sumExactly(b: DefinitionBuilder, x: number, y: number): Pair {
  const sum = b.do('add', x, y);
  const ofY = b.do('sub', sum, x);
  const ofX = b.do('sub', sum, ofY);
  return [sum, b.do('add', b.do('sub', x, ofX), b.do('sub', y, ofY))];
}

/** large + small exactly, where |large| >= |small| or large is 0. */
export function sumOrdered(b: DefinitionBuilder, large: number, small: number): Pair {
  const sum = b.do('add', large, small);
  return [sum, b.do('sub', small, b.do('sub', sum, large))];
}

/** The upper 12 bits of the significand and the rest: products of such parts are exact. */
function split(b: DefinitionBuilder, x: number): Pair {
  const high = b.do('bits2f', b.do('iand', b.do('f2bits', x), b.bits('u32', 0xfffff000)));
  return [high, b.do('sub', x, high)];
}

/** x * y exactly, unless a part leaves the range of f32. */
export function multiplyExactly(b: DefinitionBuilder, x: number, y: number): Pair {
  const product = b.do('mul', x, y);
  const [xHigh, xLow] = split(b, x);
  const [yHigh, yLow] = split(b, y);
  let rest = b.do('sub', b.do('mul', xHigh, yHigh), product);
  for (const [p, q] of [
    [xHigh, yLow],
    [xLow, yHigh],
    [xLow, yLow],
  ] as const)
    rest = b.do('add', rest, b.do('mul', p, q));
  return [product, rest];
}

/** Product of two pairs, good to about 2^-44 of it. */
export function multiplyPairs(b: DefinitionBuilder, x: Pair, y: Pair): Pair {
  const [product, rest] = multiplyExactly(b, x[0], y[0]);
  const cross = b.do('add', b.do('mul', x[0], y[1]), b.do('mul', x[1], y[0]));
  return sumOrdered(b, product, b.do('add', rest, cross));
}
