/**
 * Dawn's device as one that has no memory left, or that does nothing of what it is given: each buffer that an executor makes is
 * once the one that fails. Tells `Told`.
 */
import { isDeepStrictEqual } from 'node:util';
import type { GpuRun } from '#engine/kernels/gpuRun.ts';
import { createWebgpuExecutor, type GpuExecutor } from '#engine/kernels/webgpuExecutor.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { changedGpu, openDawn } from '../hostile/openDawn.ts';
import { endingCase } from '../kernelCases.ts';
import { printTold } from './printTold.ts';

/** How far it came, and why no further; `same` where all was as by the law. */
export interface Ending {
  readonly during: 'prepare' | 'load' | 'run' | 'state' | 'roots' | 'all';
  readonly name: string;
  readonly message: string;
  /** Of this Program's buffers, how many are not freed. */
  readonly left: number;
}

export interface Told {
  /** By the number of the buffer that is not there, in the order in which they are made. */
  readonly withoutBuffer: readonly Ending[];
  /** Why it could not be tried who hashes there, where the first buffer for that was not there. */
  readonly hashing: string;
  /** Where nothing is done any more: from the first step on, and from the second. */
  readonly idle: readonly Ending[];
}

const CASE = endingCase('ends as it should', [
  { index: 3, factor: 2 },
  { index: 0, factor: 0.5 },
]);
/** So many endings as by the law, one after another: no further buffer is made. */
const ENOUGH = 3;

interface Changed {
  readonly device: GPUDevice;
  /** From now on: the number of the buffer that fails, and of the submission from which on nothing is done. */
  begin(failing: number, idleFrom: number): void;
  left(): number;
}

/** A buffer that fails is what WebGPU makes of one for which there is no memory: invalid, and told to an error scope. */
function changeDevice(device: GPUDevice): Changed {
  const make = device.createBuffer.bind(device);
  const { queue } = device;
  const [push, pop, submit] = [device.pushErrorScope.bind(device), device.popErrorScope.bind(device), queue.submit.bind(queue)];
  const scopes: { filter: GPUErrorFilter; full: boolean }[] = [];
  const open = new Set<GPUBuffer>();
  const counts = { buffers: 0, submissions: 0, failing: -1, idleFrom: Number.POSITIVE_INFINITY };
  device.createBuffer = (descriptor) => {
    const fails = counts.buffers++ === counts.failing;
    if (fails) for (const scope of scopes) scope.full ||= scope.filter === 'out-of-memory';
    const buffer = make(fails ? { ...descriptor, size: device.limits.maxBufferSize + 4096 } : descriptor);
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      open.delete(buffer);
      return destroy();
    };
    open.add(buffer);
    return buffer;
  };
  device.pushErrorScope = (filter) => {
    scopes.push({ filter, full: false });
    return push(filter);
  };
  device.popErrorScope = async () => {
    const scope = scopes.pop();
    const found = await pop();
    return scope?.full ? ({ message: 'none left\nat a place' } as GPUError) : found;
  };
  queue.submit = (buffers) => (counts.submissions++ < counts.idleFrom ? submit(buffers) : undefined);
  return {
    device,
    begin(failing, idleFrom) {
      Object.assign(counts, { buffers: 0, submissions: 0, failing, idleFrom });
      open.clear();
    },
    left: () => open.size,
  };
}

async function main(): Promise<Told> {
  const gpu = await openDawn();
  const changed: Changed[] = [];
  const adapter = await changedGpu(gpu, (device) => changed.push(changeDevice(device))).requestAdapter();
  await adapter?.requestDevice();
  const [one] = changed as [Changed];
  const executor = createWebgpuExecutor({ device: one.device, deviceName: 'a device' });
  one.begin(0, Number.POSITIVE_INFINITY);
  const hashing = await executor.hashing().then(String, (error: unknown) => (error as Error).message);
  // Once: its trial has many buffers of its own.
  await executor.hashing();
  const withoutBuffer: Ending[] = [];
  for (let failing = 0; withoutBuffer.length < ENOUGH || withoutBuffer.slice(-ENOUGH).some(({ name }) => name !== 'same'); failing++) {
    one.begin(failing, Number.POSITIVE_INFINITY);
    withoutBuffer.push(await endingOn(executor, one));
  }
  const idle: Ending[] = [];
  for (const idleFrom of [0, 1]) {
    one.begin(-1, idleFrom);
    idle.push(await endingOn(executor, one));
  }
  return { withoutBuffer, hashing, idle };
}

async function endingOn(executor: GpuExecutor, { left }: Changed): Promise<Ending> {
  let during: Ending['during'] = 'prepare';
  let run: GpuRun | null = null;
  try {
    const prepared = await executor.prepare(CASE.program);
    run = prepared;
    const step = async <T>(name: Ending['during'], work: () => Promise<T>): Promise<T> => {
      during = name;
      return work();
    };
    await step('load', () => prepared.load(CASE.state));
    const outputs = await step('run', () => prepared.run(CASE.steps));
    const state = await step('state', () => prepared.state());
    const roots = await step('roots', () => prepared.roots(undefined, 'gpu'));
    during = 'all';
    const law = await referenceExecutor.prepare(CASE.program);
    await law.load(CASE.state);
    const same = isDeepStrictEqual([outputs, state, roots], [await law.run(CASE.steps), await law.state(), await law.roots()]);
    return { during, name: same ? 'same' : 'different', message: '', left: 0 };
  } catch (error) {
    const { name, message } = error as Error;
    return { during, name, message, left: during === 'prepare' ? left() : 0 };
  } finally {
    run?.dispose();
  }
}

printTold(main());
