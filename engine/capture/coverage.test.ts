import { beforeAll, describe, expect, test } from 'vitest';
import type { Tf } from './author/tfjs.ts';
import { captureAuthored } from './captureAuthored.ts';
import { loadTfjs } from './loadTfjs.ts';
import { explainedBound, followStock, worstDifference } from './testing/followStock.ts';
import { REFUSALS } from './testing/zoo/refusals.ts';
import { ZOO } from './testing/zoo/zoo.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await loadTfjs();
  await tf.setBackend('cpu');
});

/** All 50 steps are `npm run capture:table`; three see every kernel and each slot of an optimizer change twice. */
const STEPS = 3;
/** With the same 12-bit operands both differ only by the order of f32 sums, and by operands that this makes round the other way. */
const SAME_OPERANDS = 5e-5;

describe.each(ZOO)('$family', ({ models }) => {
  test.each(models)('N4 $name follows stock tfjs', async (model) => {
    const { reference, stock, rounded } = await followStock(tf, model, STEPS);
    expect(stock.every(Number.isFinite)).toBe(true);
    expect(worstDifference(reference, rounded)).toBeLessThanOrEqual(SAME_OPERANDS);
    expect(worstDifference(reference, stock)).toBeLessThanOrEqual(explainedBound(rounded, stock));
  });
});

describe('refused by name', () => {
  test.each(REFUSALS)('$name', async ({ author, says }) => {
    await expect(captureAuthored(tf, author)).rejects.toThrow(says);
  });
});
