import { expect, test } from 'vitest';
import { DeviceLostError } from '#engine/program/executor.ts';
import { DeviceWatch } from './deviceWatch.ts';

function watched() {
  const { promise, resolve } = Promise.withResolvers<GPUDeviceLostInfo>();
  const watch = new DeviceWatch({ lost: promise } as unknown as GPUDevice);
  return { watch, lose: () => resolve({ message: 'unplugged', reason: 'unknown' } as GPUDeviceLostInfo) };
}

const never = () => new Promise<never>(() => undefined);

test('nobody waits for a lost device, whether they asked before the loss or after', async () => {
  const { watch, lose } = watched();
  const before = [watch.untilLost(never()), watch.alive(never())];
  lose();
  for (const work of before) await expect(work).rejects.toThrow(new DeviceLostError('unplugged'));
  for (const work of [watch.untilLost(never()), watch.alive(never())]) await expect(work).rejects.toThrow(DeviceLostError);
  expect(() => watch.requireAlive()).toThrow(DeviceLostError);
});

test('work refused just before the loss is told failed by the loss; other failures are their own', async () => {
  const { watch, lose } = watched();
  const refused = watch.alive(Promise.reject(new Error('no such device')));
  setTimeout(lose, 20);
  await expect(refused).rejects.toThrow(DeviceLostError);
  const other = watched();
  await expect(other.watch.alive(Promise.reject(new Error('its own')))).rejects.toThrow('its own');
  expect(await other.watch.alive(Promise.resolve(7))).toBe(7);
});
