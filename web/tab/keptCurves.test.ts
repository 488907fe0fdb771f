import { expect, test } from 'vitest';
import { keptCurves } from './keptCurves.ts';

function storageOf(limit = Number.POSITIVE_INFINITY): Pick<Storage, 'getItem' | 'setItem'> {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => {
      if (value.length > limit) throw new DOMException('full', 'QuotaExceededError');
      kept.set(key, value);
    },
  };
}

test('a reloaded tab has the curves that it had, and goes on with the mean of a round that it had half heard', () => {
  const storage = storageOf();
  const before = keptCurves(storage, 'chain A');
  before.addLoss(1n, { round: 1, slot: 0, loss: 3, accuracy: null }, 10);
  before.addLoss(1n, { round: 0, slot: 0, loss: 8, accuracy: 0.25 }, 10);
  before.addTestAccuracy(1n, 1, 0.5);
  before.addTestAccuracy(1n, 0, 0.1);

  const after = keptCurves(storage, 'chain A');
  after.addLoss(1n, { round: 1, slot: 1, loss: 1, accuracy: 0.75 }, 10);
  expect(after.of(1n).curve).toEqual([
    { round: 0, step: 10, loss: 8, accuracy: 0.25 },
    { round: 1, step: 20, loss: 2, accuracy: 0.75 },
  ]);
  expect(after.of(1n).testAccuracy).toEqual([
    { round: 0, accuracy: 0.1 },
    { round: 1, accuracy: 0.5 },
  ]);
});

test('the same job number on another chain has a curve of its own', () => {
  const storage = storageOf();
  keptCurves(storage, 'chain A').addTestAccuracy(1n, 0, 0.9);
  expect(keptCurves(storage, 'chain B').of(1n)).toEqual({ curve: [], testAccuracy: [], heard: [] });
});

test('a full storage and spoiled records cost the past, not the present', () => {
  const full = keptCurves(storageOf(10), 'chain');
  full.addLoss(1n, { round: 0, slot: 0, loss: 1, accuracy: null }, 10);
  expect(full.of(1n).curve).toHaveLength(1);
  const storage = storageOf();
  storage.setItem('tutti.curves.chain.1', '{"curve":');
  expect(keptCurves(storage, 'chain').of(1n).curve).toEqual([]);
});
