import { expect, test } from 'vitest';
import type { Told } from './lostDevice.ts';
import { toldBy } from './toldBy.ts';

test('T2, A3 a device that goes away in mid-round is opened again, and the round goes on from its last checkpoint to the same roots', () => {
  const { law, found, adapters, pauses, views } = toldBy('lostDevice.ts') as Told;
  expect(found.cut).toBe('DeviceLostError');
  expect(found.trained).toEqual({ ...law.trained, from: found.trained.from });
  expect(law.trained.from).toBe(1);
  expect(found.trained.from).toBeGreaterThan(2);
  // What was prepared before the loss, and not in use then, serves after it as well.
  expect(found.replayed).toEqual([law.replayed, law.replayed]);

  expect({ adapters, pauses }).toEqual({ adapters: 4, pauses: [1000, 2000] });
  expect(views.map(({ phase }) => phase)).toEqual(['checking', 'ready']);
  expect(views[0]?.message).toMatch(/^This graphics processor went away \(.+\)\. It is looked for again/);
});
