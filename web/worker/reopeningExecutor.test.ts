import { describe, expect, test } from 'vitest';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { DeviceLostError, type Executor } from '#engine/program/executor.ts';
import { keepPrepared } from '#swarm/training/keepPrepared.ts';
import { tinyProgram } from '#swarm/training/tinyNet.fixture.ts';
import type { DeviceView } from '#web/tab/tabModel.ts';
import { type OpenedDevice, reopeningExecutor } from './reopeningExecutor.ts';

const program = tinyProgram(0.5);
const state = program.state.map(({ tensor }) => new Uint32Array((program.tensors[tensor]?.shape ?? []).reduce((all, extent) => all * extent, 1)));

const viewOf = (name: string): DeviceView => ({ phase: 'ready', name, message: 'works', checks: [], jobTests: [], macsPerSecond: 1, memoryBytes: 1 });

/** The reference as a device with a number, that can be lost. */
function losable(name: string) {
  const gone = Promise.withResolvers<string>();
  const loss = { reason: '' };
  const prepared: string[] = [];
  const orLost = async <T>(work: () => Promise<T>) => {
    if (loss.reason) throw new DeviceLostError(loss.reason);
    return work();
  };
  const executor: Executor = {
    name: 'webgpu',
    device: name,
    prepare: (given) =>
      orLost(async () => {
        prepared.push(name);
        const run = await referenceExecutor.prepare(given);
        return { ...run, load: (bits) => orLost(() => run.load(bits)), state: () => orLost(() => run.state()) };
      }),
  };
  const lose = (reason: string) => {
    loss.reason = reason;
    gone.resolve(reason);
  };
  return { opened: { executor, view: viewOf(name), lost: gone.promise } satisfies OpenedDevice, lose, prepared };
}

/** `found`: what each try gives in turn, an error where it finds nothing. */
function setUp(found: readonly (OpenedDevice | Error)[]) {
  const told: string[] = [];
  const pauses: number[] = [];
  const views: ((view: DeviceView) => void)[] = [];
  let tries = 0;
  const executor = reopeningExecutor({
    async open(onView) {
      views.push(onView);
      const one = found[tries++] ?? new Error('nothing more');
      if (one instanceof Error) throw one;
      return one;
    },
    isPassing: (error) => error instanceof DeviceLostError,
    instead: async (error) => ({ executor: referenceExecutor, view: { ...viewOf('CPU'), phase: 'none', message: (error as Error).message }, lost: null }),
    onView: ({ phase, name, message }) => void told.push(`${name} ${phase}: ${message}`),
    pause: async (ms) => void pauses.push(ms),
  });
  return { executor, told, pauses, views, tries: () => tries };
}

/** Promises that are settled have been heard of. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('T2 a device that goes away', () => {
  test('is opened once for all who prepare, before the loss and after', async () => {
    const [first, second] = [losable('one'), losable('two')];
    const { executor, told, tries } = setUp([first.opened, second.opened]);
    await Promise.all([executor.prepare(program), executor.prepare(program), executor.opened()]);
    expect({ tries: tries(), told, device: executor.device }).toEqual({ tries: 1, told: [], device: 'one' });
    first.lose('unplugged');
    await settle();
    const [run] = await Promise.all([executor.prepare(program), executor.prepare(program)]);
    await run.load(state);
    expect(await run.state()).toEqual(state);
    expect({ tries: tries(), device: executor.device, prepared: second.prepared }).toEqual({ tries: 2, device: 'two', prepared: ['two', 'two'] });
    expect(told).toEqual(['one checking: This graphics processor went away (unplugged). It is looked for again; then work goes on from the last checkpoint.', 'two ready: works']);
  });

  test('takes no run with it that is kept: it is loaded on the next device', async () => {
    const [first, second] = [losable('one'), losable('two')];
    const { executor } = setUp([first.opened, second.opened]);
    const kept = keepPrepared(executor);
    const idle = await kept.prepare(program);
    idle.dispose();
    first.lose('unplugged');
    await settle();
    const again = await kept.prepare(program);
    await again.load(state);
    expect(await again.state()).toEqual(state);
    expect(second.prepared).toEqual(['two']);
  });

  test('fails what is under way', async () => {
    const first = losable('one');
    const { executor } = setUp([first.opened, losable('two').opened]);
    const run = await executor.prepare(program);
    await run.load(state);
    first.lose('unplugged');
    await expect(run.state()).rejects.toThrow(DeviceLostError);
  });

  test('is looked for again after growing pauses, and then the CPU takes its place', async () => {
    const first = losable('one');
    const { executor, told, pauses, tries } = setUp([first.opened]);
    await executor.opened();
    first.lose('crashed');
    await settle();
    const run = await executor.prepare(program);
    await run.load(state);
    expect(await run.state()).toEqual(state);
    expect({ tries: tries(), pauses }).toEqual({ tries: 7, pauses: [1000, 2000, 4000, 8000, 16_000] });
    expect({ name: executor.name, last: told.at(-1) }).toEqual({ name: 'reference', last: 'CPU none: nothing more' });
  });

  test('tells nothing any more of itself', async () => {
    const [first, second] = [losable('one'), losable('two')];
    const { executor, told, views } = setUp([first.opened, second.opened]);
    await executor.opened();
    views[0]?.(viewOf('one tested'));
    first.lose('unplugged');
    await settle();
    await executor.opened();
    views[0]?.(viewOf('one tested'));
    views[1]?.(viewOf('two tested'));
    expect(told.filter((text) => text.includes('tested'))).toEqual(['one tested ready: works', 'two tested ready: works']);
  });
});

describe('at first', () => {
  test('where there is none, the CPU is taken at once', async () => {
    const { executor, pauses } = setUp([new Error('no adapter')]);
    expect((await executor.opened()).view).toMatchObject({ name: 'CPU', message: 'no adapter' });
    expect(pauses).toEqual([]);
  });

  test('one that went away in its tests is looked for again', async () => {
    const { executor, pauses } = setUp([new DeviceLostError('crashed'), losable('one').opened]);
    expect((await executor.opened()).view.name).toBe('one');
    expect(pauses).toEqual([1000]);
  });
});
