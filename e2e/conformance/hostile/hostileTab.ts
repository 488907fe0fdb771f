/**
 * What a tab makes of a device whose compiler is hostile, in a process of its own. Prints JSON (`Told`): of its own tests of
 * the device, and of a job there.
 */
import type { PipelineVerdict } from '#engine/kernels/checkProgram.ts';
import { memoryTunings } from '#engine/kernels/rememberedTuning.ts';
import { createWebgpuExecutor } from '#engine/kernels/webgpuExecutor.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { type Executor, UnsupportedError } from '#engine/program/executor.ts';
import { openDevice } from '#web/worker/openDevice.ts';
import { testedExecutor } from '#web/worker/testedExecutor.ts';
import type { DeviceView } from '#web/tab/tabModel.ts';
import { type Case, compareOutcomes, type Outcome, runCase } from '../compareCase.ts';
import { hostileCases } from './hostileCases.ts';
import { hostileGpu, openDawn } from './openDawn.ts';
import type { Rewritten } from './replaceText.ts';
import { CHANGES_ORDER, CHANGES_OVERFLOW, REWRITES, withoutGuards } from './rewriteWgsl.ts';

/** Words of a job's result that differ from the law, or why it was refused. */
type Ending = number | string;

type TabCheck = DeviceView['checks'][number];

export interface Told {
  /** By compiler. */
  readonly devices: Readonly<
    Record<string, { readonly phase: DeviceView['phase']; readonly lines: TabCheck | undefined; readonly product: TabCheck | undefined; readonly ending: Ending }>
  >;
  readonly jobs: Readonly<Record<string, { readonly verdicts: readonly PipelineVerdict[]; readonly ending: Ending }>>;
}

type Compiler = (code: string) => Rewritten;

const reorder = REWRITES['reorder sums'];
/** Fences inside of sums mean nothing to it. */
const lookThrough: Compiler = (code) => reorder(withoutGuards(code).code);
/** Opening a whole device takes a software GPU half a minute, so not each compiler is met there. */
const DEVICES: Readonly<Record<string, Compiler>> = { 'reorder sums': reorder, 'look through guards': lookThrough, [CHANGES_OVERFLOW]: REWRITES[CHANGES_OVERFLOW] };
const JOBS: Readonly<Record<string, Compiler>> = { ...Object.fromEntries([...CHANGES_ORDER].map((name) => [name, REWRITES[name]])), 'look through guards': lookThrough };

async function main(): Promise<void> {
  const gpu = await openDawn();
  const one = hostileCases('f12', true).find(({ name }) => name.includes('product 33')) as Case;
  const law = await runCase(referenceExecutor, one);
  const endOn = (executor: Executor) => endOf(executor, one, law);
  const devices: Record<string, Told['devices'][string]> = {};
  for (const [name, compiler] of Object.entries(DEVICES)) {
    const { executor, view } = await openDevice({ gpu: hostileGpu(gpu, compiler), tunings: memoryTunings(), onView: () => {} });
    devices[name] = { phase: view.phase, lines: view.checks[0], product: view.checks[1], ending: await endOn(executor) };
  }
  const jobs: Record<string, Told['jobs'][string]> = {};
  for (const [name, compiler] of Object.entries(JOBS)) {
    const adapter = await hostileGpu(gpu, compiler).requestAdapter();
    const executor = createWebgpuExecutor({ device: await (adapter as GPUAdapter).requestDevice(), deviceName: 'a device' });
    let verdicts: readonly PipelineVerdict[] = [];
    const ending = await endOn(testedExecutor(executor, ['fast', 'guarded'], (_, found) => (verdicts = found)));
    jobs[name] = { verdicts, ending };
  }
  process.stdout.write(JSON.stringify({ devices, jobs } satisfies Told), () => process.exit(0));
}

async function endOf(executor: Executor, one: Case, law: Outcome): Promise<Ending> {
  try {
    return compareOutcomes(one.program, law, await runCase(executor, one)).mismatches;
  } catch (error) {
    if (error instanceof UnsupportedError) return error.message;
    throw error;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
