/** The stack's side: runs Programs on its WebGPU device as it is asked. */
import type { GpuRun } from '#engine/kernels/gpuRun.ts';
import { tuneDevice } from '#engine/kernels/tuneDevice.ts';
import { createWebgpuExecutor, defaultTuning, type GpuExecutor } from '#engine/kernels/webgpuExecutor.ts';
import { decodeProgram } from '#engine/program/decodeProgram.ts';
import { type Answer, fromBase64, packBits, packError, type Question, toBase64, type ToldHashing, unpackBits } from './wireForm.ts';

interface Opened {
  readonly device: GPUDevice;
  readonly executor: GpuExecutor;
  readonly name: string;
}

/** Each device needs an adapter of its own. */
export type RequestAdapter = () => Promise<GPUAdapter | null | undefined>;

export function answerCalls(requestAdapter: RequestAdapter): (question: Question) => Promise<Answer> {
  const runs = new Map<number, GpuRun>();
  let lastHandle = 0;
  let opened: Promise<Opened> | null = null;
  const runOf = ({ handle = -1 }: Question): GpuRun => {
    const run = runs.get(handle);
    if (!run) throw new Error(`there is no prepared Program ${handle}`);
    return run;
  };
  const device = () => (opened ??= openDevice(requestAdapter));
  const methods: Record<Question['method'], (question: Question) => Promise<unknown>> = {
    open: async () => (await device()).name,
    async prepare({ program = '', schedule = {} }) {
      const run = await (await device()).executor.prepare(decodeProgram(fromBase64(program)), schedule);
      runs.set(++lastHandle, run);
      return lastHandle;
    },
    load: (question) => runOf(question).load((question.state ?? []).map(unpackBits)),
    run: async (question) => (await runOf(question).run((question.steps ?? []).map((inputs) => inputs.map(unpackBits)))).map((outputs) => outputs.map(packBits)),
    state: async (question) => (await runOf(question).state()).map(packBits),
    roots: async (question) => (await runOf(question).roots(undefined, question.hasher)).map(toBase64),
    async hashing(): Promise<ToldHashing> {
      const { onGpu: _, ...told } = await (await device()).executor.hashing();
      return told;
    },
    async dispose(question) {
      runOf(question).dispose();
      runs.delete(question.handle ?? -1);
    },
    // A lost device stays lost: the next question opens another.
    async lose() {
      (await device()).device.destroy();
      opened = null;
    },
    shaders: async () => shadersSeen(await device()),
    async tune() {
      const { device: gpu, name } = await device();
      return tuneDevice(gpu, defaultTuning(gpu, name));
    },
    check: async ({ program = '', state = [], steps = [] }) =>
      (await device()).executor.check(decodeProgram(fromBase64(program)), state.map(unpackBits), (steps[0] ?? []).map(unpackBits)),
  };
  return async (question) => {
    try {
      return { value: await methods[question.method](question) };
    } catch (error) {
      return { error: packError(error) };
    }
  };
}

/** WGSL that the executor handed to each device, for the lint. */
const shaders = new WeakMap<GPUDevice, Set<string>>();
const shadersSeen = ({ device }: Opened) => [...(shaders.get(device) ?? [])];

async function openDevice(requestAdapter: RequestAdapter): Promise<Opened> {
  const adapter = await requestAdapter();
  if (!adapter) throw new Error('no WebGPU adapter');
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
  const seen = new Set<string>();
  shaders.set(device, seen);
  const make = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) => {
    seen.add(descriptor.code);
    return make(descriptor);
  };
  const { vendor, architecture, description } = adapter.info;
  const name = [vendor, architecture, description].filter(Boolean).join(' ') || 'unnamed adapter';
  return { device, executor: createWebgpuExecutor({ device, deviceName: name }), name };
}
