import { describe, expect, test } from 'vitest';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { type TuningProduct, tuningProducts } from './tuningProducts.ts';

describe('what a device is tuned with', () => {
  test.each([1, 16])('at scale %i the update stays finite: its data has zeros when there is enough of it', async (scale) => {
    const update = tuningProducts(scale).at(-1) as TuningProduct;
    const run = await referenceExecutor.prepare(update.program);
    await run.load(update.state);
    await run.run([[], []]);
    const result = (await run.state()).at(-1);
    run.dispose();
    expect(result?.length).toBe(scale * 256 * 128);
    expect(new Set(result).size).toBeGreaterThan(scale * 1000);
  });
});
