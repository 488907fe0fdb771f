/**
 * Runs Programs on a WebGPU device. A Program is compiled once into a list of kernels over one arena; a step is one
 * command buffer; nothing is read back inside a run but outputs and three status words, at its end.
 */
import { type Bits, DeviceLostError, type Executor, UnsupportedError } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import type { PipelineVerdict } from './checkProgram.ts';
import { chooseHasher, type HasherChoice } from './chooseHasher.ts';
import { type Kernel, offsetName } from './emitKernel.ts';
import { ENV_BYTES, GpuRun } from './gpuRun.ts';
import type { Variant } from './macFormat.ts';
import { buffersOf, type PlannedKernel } from './planKernels.ts';
import { type MemoryPlan, planMemory } from './planMemory.ts';
import { sharedShell } from './sharedShell.ts';
import { type Tuning, tuningFor } from './tileMac.ts';

// Value of GPUShaderStage by the WebGPU specification: Node has no globals for it.
const COMPUTE_STAGE = 0x4;

export interface GpuOptions {
  readonly device: GPUDevice;
  /** In words, for people. */
  readonly deviceName: string;
  /** Default: by whether the adapter is a software one (rememberedTuning.ts has what was measured). */
  readonly tuning?: Tuning;
}

export function defaultTuning({ adapterInfo }: GPUDevice, deviceName: string): Tuning {
  return tuningFor(`${adapterInfo?.description} ${adapterInfo?.architecture} ${deviceName}`, adapterInfo?.isFallbackAdapter);
}

/** How a Program is compiled. Default: the fast variant, and the executor's own tuning. */
export interface Schedule {
  readonly variant?: Variant;
  readonly tuning?: Tuning;
}

export interface GpuExecutor extends Executor {
  prepare(program: Program, schedule?: Schedule): Promise<GpuRun>;
  /** One step with this state and these inputs, and what each pipeline gave beside the law (checkProgram.ts). Errors: as `prepare`. */
  check(program: Program, state: readonly Bits[], inputs: readonly Bits[]): Promise<PipelineVerdict[]>;
  /** Who hashes the states of this device's runs: measured when first asked, then kept. Errors: the device's, where it is lost. */
  hashing(): Promise<HasherChoice>;
}

export function createWebgpuExecutor({ device, deviceName, tuning: own = defaultTuning(device, deviceName) }: GpuOptions): GpuExecutor {
  let lost: string | null = null;
  void device.lost.then((info) => {
    lost = info.message || info.reason || 'no reason given';
  });
  const layout = device.createBindGroupLayout({
    entries: [
      { binding: 0, visibility: COMPUTE_STAGE, buffer: { type: 'storage' } },
      { binding: 1, visibility: COMPUTE_STAGE, buffer: { type: 'uniform', hasDynamicOffset: true, minBindingSize: ENV_BYTES } },
      { binding: 2, visibility: COMPUTE_STAGE, buffer: { type: 'storage' } },
    ],
  });
  const pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [layout] });
  const pipelines = new Map<string, Promise<GPUComputePipeline>>();
  const pipelineFor = (code: string) => {
    const kept = pipelines.get(code);
    if (kept) return kept;
    const made = device.createComputePipelineAsync({ layout: pipelineLayout, compute: { module: device.createShaderModule({ code }), entryPoint: 'main' } });
    pipelines.set(code, made);
    made.catch(() => pipelines.delete(code));
    return made;
  };
  let choice: Promise<HasherChoice> | null = null;
  const hashing = () => (choice ??= chooseHasher(device));
  const prepare = async (program: Program, { variant = 'fast', tuning = own }: Schedule = {}) => {
    if (lost !== null) throw new DeviceLostError(lost);
    const plan = planMemory(program, tuning, variant);
    requireRoom(device, plan.words * 4);
    const kernels = await Promise.all(kernelsOf(plan).map(async (kernel) => ({ ...kernel, pipeline: await pipelineFor(kernel.code) })));
    return new GpuRun({ device, layout, program, plan, kernels, lost: () => lost, hashing });
  };
  return {
    name: 'webgpu',
    device: deviceName,
    prepare,
    hashing,
    async check(program, state, inputs) {
      const run = await prepare(program);
      try {
        await run.load(state);
        return await run.check(state, inputs);
      } finally {
        run.dispose();
      }
    },
  };
}

function requireRoom(device: GPUDevice, bytes: number): void {
  const most = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
  if (bytes > most)
    throw new UnsupportedError(`this program needs ${Math.ceil(bytes / 2 ** 20)} MiB of GPU memory in one piece; this device allows ${Math.floor(most / 2 ** 20)} MiB`);
}

/** The shaders of a plan, in order. */
export function kernelsOf(plan: MemoryPlan): Kernel[] {
  const slotsOf = (kernel: PlannedKernel) => {
    const buffers = buffersOf(kernel);
    return (buffer: number) => offsetName(buffers.indexOf(buffer));
  };
  return plan.kernels.map((kernel) => {
    if (!kernel.twins) return kernel.emit(slotsOf(kernel));
    return sharedShell(kernel.twins.flatMap((twin) => (twin.body ? [twin.body(slotsOf(twin))] : [])));
  });
}
