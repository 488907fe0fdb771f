/** A graphics processor: found, tested against the law, and timed; where it does not compute exactly, the CPU in its place. */
import { arithmeticProgram } from '#engine/kernels/arithmeticProgram.ts';
import type { HasherChoice } from '#engine/kernels/chooseHasher.ts';
import { rememberedTuning, type TuningStore } from '#engine/kernels/rememberedTuning.ts';
import { type FoundGpu, requestGpu } from '#engine/kernels/requestGpu.ts';
import type { Variant } from '#engine/kernels/macFormat.ts';
import type { Tuning } from '#engine/kernels/tileMac.ts';
import { type Check, selfTest } from '#engine/kernels/selfTest.ts';
import { createWebgpuExecutor, type GpuExecutor } from '#engine/kernels/webgpuExecutor.ts';
import type { PipelineVerdict } from '#engine/kernels/checkProgram.ts';
import type { Executor } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import type { DeviceView } from '#web/tab/tabModel.ts';
import { benchmarkProgram } from './benchmarkProgram.ts';
import { measureSpeed } from './measureSpeed.ts';
import { openCpu } from './openCpu.ts';
import type { OpenedDevice } from './reopeningExecutor.ts';
import { testedExecutor } from './testedExecutor.ts';

/** So many jobs' self-tests are shown. */
const SHOWN_CHECKS = 6;

const CAREFUL = "The careful variant is used here, which may be slower: with the fast one this device's compiler changes the order of sums.";

export interface GpuMeans {
  /** `navigator.gpu`; undefined in browsers without WebGPU. */
  readonly gpu: Pick<GPU, 'requestAdapter'> | undefined;
  readonly tunings: TuningStore;
  /** Hears of the same device, with one more Program's self-test. */
  readonly onView: (view: DeviceView) => void;
}

/** Errors: NoGpuError where there is none; whatever went wrong in its tests, as where it went away. */
export async function openGpu({ gpu: found, tunings, onView }: GpuMeans): Promise<OpenedDevice> {
  const gpu = await requestGpu(found);
  try {
    return await testGpu(gpu, await rememberedTuning(gpu.device, gpu.name, tunings), onView);
  } catch (error) {
    gpu.device.destroy();
    throw error;
  }
}

async function testGpu({ device, name, memoryBytes }: FoundGpu, tuning: Tuning, onView: (view: DeviceView) => void): Promise<OpenedDevice> {
  const executor = createWebgpuExecutor({ device, deviceName: name, tuning });
  const { program, inputs } = arithmeticProgram();
  const check = await selfTest(executor, program, 'Every kind of arithmetic', [inputs], []);
  const { product, variants } = await testProducts(executor);
  const arithmetic = [check, product];
  if (!arithmetic.every((one) => one.passed)) {
    device.destroy();
    const message = `${name} does not compute exactly as Tutti needs, so it is not given work. An update of the graphics driver or another browser may help. Meanwhile this tab can post, watch, and audit small steps on its processor.`;
    return openCpu({ phase: 'refused', name, message, checks: arithmetic });
  }
  const checks = [...arithmetic, hashCheck(await executor.hashing())];
  const macsPerSecond = await measureSpeed(inVariant(executor, variants[0] as Variant));
  let view: DeviceView = {
    phase: 'ready',
    name,
    message: 'This graphics processor computes exactly: every test agreed with the reference to the last bit.',
    checks,
    jobTests: [],
    macsPerSecond,
    memoryBytes,
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
  return { executor: tested, view, lost: device.lost.then(({ message, reason }) => message || reason || 'no reason given') };
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
