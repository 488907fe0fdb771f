import { describe, expect, test } from 'vitest';
import { memoryTunings, rememberedTuning } from './rememberedTuning.ts';
import type { Tuning } from './tileMac.ts';

const device = (architecture: string) => ({ adapterInfo: { vendor: 'v', architecture, device: 'd', description: '', isFallbackAdapter: false } }) as unknown as GPUDevice;
const measured: Tuning = { leastInvocations: 4096, mostCells: 16, workgroupMemory: false, mapsInFours: false };

function counted(tuning = measured) {
  const calls: string[] = [];
  return {
    calls,
    tune: (one: GPUDevice) => {
      calls.push(one.adapterInfo.architecture);
      return Promise.resolve(tuning);
    },
  };
}

describe("a device's tuning is measured once", () => {
  test('and again for another device, or under another name', async () => {
    const store = memoryTunings();
    const { tune, calls } = counted();
    for (const architecture of ['a', 'a', 'b', 'a', 'b']) expect(await rememberedTuning(device(architecture), 'gpu', store, tune)).toEqual(measured);
    expect(calls).toEqual(['a', 'b']);
    await rememberedTuning(device('a'), 'another name', store, tune);
    expect(calls).toEqual(['a', 'b', 'a']);
  });

  test('the newest devices are kept, and no others', async () => {
    const store = memoryTunings();
    const { tune, calls } = counted();
    for (let k = 0; k < 9; k++) await rememberedTuning(device(`${k}`), 'gpu', store, tune);
    await rememberedTuning(device('8'), 'gpu', store, tune);
    await rememberedTuning(device('1'), 'gpu', store, tune);
    expect(calls).toHaveLength(9);
    await rememberedTuning(device('0'), 'gpu', store, tune);
    expect(calls).toHaveLength(10);
  });

  test.each([
    ['garbled', () => '{"kernels":'],
    ['of other kernels', (text: string) => text.replace(/"kernels":\d+/, '"kernels":0')],
    ['of no sense', (text: string) => text.replace('4096', '1e300')],
    ['of another shape', (text: string) => text.replace('"mostCells"', '"cells"')],
    ['nothing', () => 'null'],
  ])('what was kept and is %s counts for nothing, and is written over', async (_, spoil) => {
    const store = memoryTunings();
    const { tune, calls } = counted();
    await rememberedTuning(device('a'), 'gpu', store, tune);
    await store.save(spoil((await store.load()) ?? ''));
    await rememberedTuning(device('a'), 'gpu', store, tune);
    expect(calls).toEqual(['a', 'a']);
    await rememberedTuning(device('a'), 'gpu', store, tune);
    expect(calls).toEqual(['a', 'a']);
  });

  test('of two stores each has its own', async () => {
    const { tune, calls } = counted();
    await rememberedTuning(device('a'), 'gpu', memoryTunings(), tune);
    await rememberedTuning(device('a'), 'gpu', memoryTunings(), tune);
    expect(calls).toEqual(['a', 'a']);
  });
});
