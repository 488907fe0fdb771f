/**
 * Runs Programs on a WebGPU device. A Program is compiled once into a list of kernels over one arena; a step is one
 * command buffer; nothing is read back inside a run but outputs and four status words, at its end.
 */
import { type Bits, type Executor, UnsupportedError } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import type { PipelineVerdict } from './checkProgram.ts';
import { chooseHasher, type HasherChoice } from './chooseHasher.ts';
import { DeviceWatch } from './deviceWatch.ts';
import { type Kernel, offsetName } from './emitKernel.ts';
import { ENV_BYTES } from './environments.ts';
import { GpuRun } from './gpuRun.ts';
import type { Variant } from './macFormat.ts';
import { bankBinding, inBanks, MOST_BANKS } from './memoryBanks.ts';
import { buffersOf, type PlannedKernel } from './planKernels.ts';
import { banksOf, type MemoryPlan, planMemory } from './planMemory.ts';
import { scopedCalls } from './scopedCalls.ts';
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
  /** Most words of memory in one piece, a multiple of 64. Default: what the device binds. */
  readonly bank?: number;
}

export interface GpuExecutor extends Executor {
  prepare(program: Program, schedule?: Schedule): Promise<GpuRun>;
  /** One step with this state and these inputs, and what each pipeline gave beside the law (checkProgram.ts). Errors: as `prepare`. */
  check(program: Program, state: readonly Bits[], inputs: readonly Bits[]): Promise<PipelineVerdict[]>;
  /** Who hashes the states of this device's runs: measured when first asked, then kept. Errors: the device's, where it is lost. */
  hashing(): Promise<HasherChoice>;
}

export function createWebgpuExecutor({ device, deviceName, tuning: own = defaultTuning(device, deviceName) }: GpuOptions): GpuExecutor {
  const watch = new DeviceWatch(device);
  const layouts = new Map<number, GPUBindGroupLayout>();
  const layoutFor = (banks: number) => {
    const layout = layouts.get(banks) ?? createLayout(device, banks);
    layouts.set(banks, layout);
    return layout;
  };
  const pipelines = new Map<string, Promise<GPUComputePipeline>>();
  const pipelineFor = (code: string, banks: number) => {
    const key = `${banks} ${code}`;
    const kept = pipelines.get(key);
    if (kept) return kept;
    const layout = device.createPipelineLayout({ bindGroupLayouts: [layoutFor(banks)] });
    const made = device.createComputePipelineAsync({ layout, compute: { module: device.createShaderModule({ code }), entryPoint: 'main' } });
    pipelines.set(key, made);
    made.catch(() => pipelines.delete(key));
    return made;
  };
  let choice: Promise<HasherChoice> | null = null;
  const hashing = () => {
    if (choice) return choice;
    const made = watch.alive(chooseHasher(device));
    choice = made;
    made.catch(() => (choice = null));
    return made;
  };
  const prepare = async (program: Program, { variant = 'fast', tuning = own, bank = bankOf(device) }: Schedule = {}) => {
    watch.requireAlive();
    const plan = planMemory(program, tuning, variant, bank);
    requireRoom(device, plan, bank);
    const banks = banksOf(plan);
    const kernels = await watch.untilLost(Promise.all(kernelsOf(plan).map(async (kernel) => ({ ...kernel, pipeline: await pipelineFor(kernel.code, banks) }))));
    const { made: run, fault } = scopedCalls(device, () => new GpuRun({ device, layout: layoutFor(banks), program, plan, kernels, watch, hashing }));
    const refusal = await watch.untilLost(fault);
    if (refusal === null) return run;
    run.dispose();
    throw new UnsupportedError(
      `this program needs ${mebibytes(plan.words)} MiB of GPU memory, which the graphics processor did not give: ${refusal}. A smaller batch or model needs less.`,
    );
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

function createLayout(device: GPUDevice, banks: number): GPUBindGroupLayout {
  const storage = (binding: number): GPUBindGroupLayoutEntry => ({ binding, visibility: COMPUTE_STAGE, buffer: { type: 'storage' } });
  const env: GPUBindGroupLayoutEntry = { binding: 1, visibility: COMPUTE_STAGE, buffer: { type: 'uniform', hasDynamicOffset: true, minBindingSize: ENV_BYTES } };
  return device.createBindGroupLayout({ entries: [storage(0), env, storage(2), ...Array.from({ length: banks - 1 }, (_, k) => storage(bankBinding(k + 1)))] });
}

/** Words of a bank: bindings begin at multiples of 256 bytes. */
const bankOf = ({ limits }: GPUDevice) => Math.floor(limits.maxStorageBufferBindingSize / 256) * 64;

function requireRoom(device: GPUDevice, plan: MemoryPlan, bank: number): void {
  const most = Math.min(device.limits.maxBufferSize / 4, bank * MOST_BANKS);
  const largest = plan.sizes.reduce((so, words) => Math.max(so, words), 0);
  if (plan.words <= most && largest <= bank) return;
  const [needed, allowed, what] = largest > bank ? [largest, Math.min(bank, most), 'for one of its tensors'] : [plan.words, most, 'in all'];
  throw new UnsupportedError(`this program needs ${mebibytes(needed)} MiB of GPU memory ${what}; this device allows ${Math.floor(allowed / MEBIBYTE)} MiB`);
}

/** In words of 32 bits. */
const MEBIBYTE = 2 ** 18;
const mebibytes = (words: number) => Math.ceil(words / MEBIBYTE);

/** The shaders of a plan, in order. */
export function kernelsOf(plan: MemoryPlan): Kernel[] {
  const slotsOf = (kernel: PlannedKernel) => {
    const buffers = buffersOf(kernel);
    return (buffer: number) => offsetName(buffers.indexOf(buffer));
  };
  const banked = (kernel: PlannedKernel, emitted: Kernel): Kernel => {
    if (banksOf(plan) === 1) return emitted;
    const banks = buffersOf(kernel).map((buffer) => Math.floor((plan.offsets[buffer] as number) / plan.bank));
    return { ...emitted, code: inBanks(emitted.code, banks) };
  };
  return plan.kernels.map((kernel) => {
    if (!kernel.twins) return banked(kernel, kernel.emit(slotsOf(kernel)));
    return sharedShell(kernel.twins.flatMap((twin) => (twin.body ? [twin.body(slotsOf(twin))] : [])));
  });
}
