import { describe, expect, test } from 'vitest';
import { DeviceLostError, DivergedError, type Executor } from '#engine/program/executor.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { tensorRoot } from '#engine/program/tensorRoot.ts';
import { keepPrepared } from './keepPrepared.ts';
import { ProgramBuilder } from './programBuilder.ts';

/** state' = state / input: diverges when the input is zero. */
function dividing() {
  const builder = new ProgramBuilder();
  const by = builder.argument('by', 'f32', []);
  const state = builder.state('state', []);
  const next = builder.operation('quotient', 'f32', [], (lines) => lines.op('div', lines.scalar(state), lines.scalar(by)));
  builder.advance(state, next, 'trained');
  return builder.build();
}
const f32 = (value: number) => new Uint32Array(Float32Array.of(value).buffer);

/** The reference executor, with what happens to its runs written down, and a device that can be lost. */
function watchedReference() {
  const log: string[] = [];
  const device = { isLost: false };
  const executor: Executor = {
    ...referenceExecutor,
    async prepare(program) {
      log.push('prepare');
      const run = await referenceExecutor.prepare(program);
      return {
        load: (state) => run.load(state),
        run: (steps) => (device.isLost ? Promise.reject(new DeviceLostError('test')) : run.run(steps)),
        state: () => run.state(),
        roots: (state) => run.roots(state),
        dispose() {
          log.push('dispose');
          run.dispose();
        },
      };
    },
  };
  return { executor, log, device };
}

describe('T2 kept runs', () => {
  test('T2 a Program is prepared once; the next user waits until the first disposes', async () => {
    const { executor, log } = watchedReference();
    const kept = keepPrepared(executor);
    const program = dividing();
    const first = await kept.prepare(program);
    const order: string[] = [];
    const second = kept.prepare(program).then((run) => {
      order.push('second');
      return run;
    });
    await first.load([f32(8)]);
    await first.run([[f32(2)]]);
    expect(await first.state()).toEqual([f32(4)]);
    expect(await first.roots()).toEqual([tensorRoot(f32(4))]);
    order.push('first done');
    first.dispose();
    first.dispose();
    const run = await second;
    expect(order).toEqual(['first done', 'second']);
    await run.load([f32(1)]);
    expect(await run.state()).toEqual([f32(1)]);
    run.dispose();
    expect(log).toEqual(['prepare']);
    kept.release();
    await Promise.resolve();
    await Promise.resolve();
    expect(log).toEqual(['prepare', 'dispose']);
  });

  test('T7 divergence keeps the run, a lost device does not', async () => {
    const { executor, log, device } = watchedReference();
    const kept = keepPrepared(executor);
    const program = dividing();
    const one = await kept.prepare(program);
    await one.load([f32(1)]);
    await expect(one.run([[f32(0)]])).rejects.toThrow(DivergedError);
    one.dispose();
    const two = await kept.prepare(program);
    expect(log).toEqual(['prepare']);
    await two.load([f32(1)]);
    device.isLost = true;
    await expect(two.run([[f32(1)]])).rejects.toThrow(DeviceLostError);
    two.dispose();
    expect(log).toEqual(['prepare', 'dispose']);
    device.isLost = false;
    const three = await kept.prepare(program);
    await three.load([f32(6)]);
    await three.run([[f32(3)]]);
    expect(await three.state()).toEqual([f32(2)]);
    three.dispose();
    expect(log).toEqual(['prepare', 'dispose', 'prepare']);
  });
});
