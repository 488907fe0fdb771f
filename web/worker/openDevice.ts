/** The tab's device: found, tested against the law, and timed; or the CPU, with the reason in plain words. */
import { arithmeticProgram } from '#engine/kernels/arithmeticProgram.ts';
import type { HasherChoice } from '#engine/kernels/chooseHasher.ts';
import { rememberedTuning, type TuningStore } from '#engine/kernels/rememberedTuning.ts';
import { NoGpuError, requestGpu } from '#engine/kernels/requestGpu.ts';
import type { Variant } from '#engine/kernels/macFormat.ts';
import { type Check, selfTest } from '#engine/kernels/selfTest.ts';
import { createWebgpuExecutor, type GpuExecutor } from '#engine/kernels/webgpuExecutor.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import type { PipelineVerdict } from '#engine/kernels/checkProgram.ts';
import type { Executor } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import type { DeviceView } from '#web/tab/tabModel.ts';
import { benchmarkProgram } from './benchmarkProgram.ts';
import { testedExecutor } from './testedExecutor.ts';

export interface OpenedDevice {
  readonly executor: Executor;
  readonly view: DeviceView;
}

/** So many jobs' self-tests are shown. */
const SHOWN_CHECKS = 6;

const CAREFUL = "The careful variant is used here, which may be slower: with the fast one this device's compiler changes the order of sums.";

/** What the CPU may hold: plain arrays in a tab. */
const CPU_MEMORY_BYTES = 1 << 30;

export interface DeviceOptions {
  /** `navigator.gpu`; undefined in browsers without WebGPU. */
  readonly gpu: Pick<GPU, 'requestAdapter'> | undefined;
  readonly tunings: TuningStore;
  /** Hears of the same device, with one more Program's self-test. */
  readonly onView: (view: DeviceView) => void;
}

export async function openDevice({ gpu: found, tunings, onView }: DeviceOptions): Promise<OpenedDevice> {
  try {
    const gpu = await requestGpu(found);
    const tuning = await rememberedTuning(gpu.device, gpu.name, tunings);
    const executor = createWebgpuExecutor({ device: gpu.device, deviceName: gpu.name, tuning });
    const { program, inputs } = arithmeticProgram();
    const check = await selfTest(executor, program, 'Every kind of arithmetic', [inputs], []);
    const { product, variants } = await testProducts(executor);
    const arithmetic = [check, product];
    if (!arithmetic.every((one) => one.passed)) {
      return onCpu(
        'refused',
        gpu.name,
        `${gpu.name} does not compute exactly as Tutti needs, so it is not given work. An update of the graphics driver or another browser may help. Meanwhile this tab can post, watch, and audit small steps on its processor.`,
        arithmetic,
      );
    }
    const checks = [...arithmetic, hashCheck(await executor.hashing())];
    const macsPerSecond = await measure(inVariant(executor, variants[0] as Variant));
    let view: DeviceView = {
      phase: 'ready',
      name: gpu.name,
      message: 'This graphics processor computes exactly: every test agreed with the reference to the last bit.',
      checks,
      jobTests: [],
      macsPerSecond,
      memoryBytes: gpu.memoryBytes,
    };
    const tested = testedExecutor(executor, variants, (program, verdicts) => {
      const jobChecks = [...view.checks.slice(checks.length), jobCheck(program, verdicts)];
      const jobTests = [
        ...view.jobTests,
        { operations: program.operations.length, pipelines: verdicts.map(({ label, values, different, first, guarded }) => ({ label, values, different, first, guarded })) },
      ];
      view = { ...view, checks: [...checks, ...jobChecks.slice(-SHOWN_CHECKS)], jobTests: jobTests.slice(-SHOWN_CHECKS) };
      onView(view);
    });
    return { executor: tested, view };
  } catch (error) {
    if (error instanceof NoGpuError)
      return onCpu('none', referenceExecutor.device, `${error.message} Meanwhile this tab can post jobs, watch them, and audit small steps on its processor.`, []);
    throw error;
  }
}

/** A device that computes exactly but hashes wrongly may work: its hashes are made on the processor. */
function hashCheck({ hasher, gpuMs, cpuMs, fault }: HasherChoice): DeviceView['checks'][number] {
  const times = `1 MiB takes ${gpuMs === null ? '' : `the graphics processor ${Math.ceil(gpuMs)} ms, `}the processor ${Math.ceil(cpuMs)} ms`;
  const who = hasher === 'gpu' ? 'on the graphics processor' : 'on the processor';
  return { name: 'Hashes of states', passed: fault === null, detail: `made ${who}${fault === null ? '' : `, as ${fault}`}: ${times}` };
}

const inVariant = (executor: GpuExecutor, variant: Variant): Executor => ({ ...executor, prepare: (program) => executor.prepare(program, { variant }) });

/** The variants that jobs may use here, in the order in which they are tried: where the fast one adds up in another order, none does. */
async function testProducts(executor: GpuExecutor): Promise<{ product: Check; variants: readonly Variant[] }> {
  const { program, inputs } = benchmarkProgram();
  const test = (variant: Variant) => selfTest(inVariant(executor, variant), program, 'Matrix products', [inputs], []);
  const fast = await test('fast');
  if (fast.passed) return { product: fast, variants: ['fast', 'guarded'] };
  const guarded = await test('guarded');
  const careful = { ...guarded, detail: `${guarded.detail}. ${CAREFUL}` };
  return { product: guarded.passed ? careful : fast, variants: ['guarded'] };
}

function jobCheck(program: Program, verdicts: readonly PipelineVerdict[]): DeviceView['checks'][number] {
  const sum = (of: (verdict: PipelineVerdict) => number) => verdicts.reduce((all, verdict) => all + of(verdict), 0);
  const different = sum((verdict) => verdict.different);
  const wrong = verdicts.filter((verdict) => verdict.different > 0);
  const values = sum((verdict) => verdict.values);
  const isCareful = verdicts.some(({ guarded }) => guarded);
  return {
    name: `Own pipelines of a job of ${program.operations.length} operations`,
    passed: different === 0,
    detail:
      different === 0
        ? `${verdicts.length} pipelines on the job's own data: ${values} numbers equal, bit for bit${isCareful ? `. ${CAREFUL}` : ''}`
        : `${wrong.length} of ${verdicts.length} pipelines differ: ${wrong
            .slice(0, 3)
            .map(({ first }) => first)
            .join('; ')}`,
  };
}

async function onCpu(phase: 'refused' | 'none', name: string, message: string, checks: DeviceView['checks']): Promise<OpenedDevice> {
  return { executor: referenceExecutor, view: { phase, name, message, checks, jobTests: [], macsPerSecond: await measure(referenceExecutor), memoryBytes: CPU_MEMORY_BYTES } };
}

/** Multiply-adds per second of a middling matrix product, best of a few. */
async function measure(executor: Executor): Promise<number> {
  const { program, inputs, macs } = benchmarkProgram();
  const run = await executor.prepare(program);
  try {
    let best = Number.POSITIVE_INFINITY;
    for (let trial = 0; trial < 3; trial++) {
      const began = performance.now();
      await run.run([inputs]);
      best = Math.min(best, performance.now() - began);
    }
    return Math.round((macs / Math.max(best, 0.01)) * 1000);
  } finally {
    run.dispose();
  }
}
