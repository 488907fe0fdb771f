/** The page that is timed in: one row at a time, as `runBench.ts` asks. */
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-webgpu';
import type { Tensor } from '#engine/capture/author/tfjs.ts';
import { memoryTunings, rememberedTuning } from '#engine/kernels/rememberedTuning.ts';
import { requestGpu } from '#engine/kernels/requestGpu.ts';
import type { GpuRun } from '#engine/kernels/gpuRun.ts';
import { createWebgpuExecutor, type GpuExecutor } from '#engine/kernels/webgpuExecutor.ts';
import type { Tuning } from '#engine/kernels/tileMac.ts';
import type { Run } from '#engine/program/executor.ts';
import type { Profile } from '#engine/program/program.ts';
import { measure, type Runner } from './measure.ts';
import { type Costs, measureCosts } from './measureCosts.ts';
import type { Prepared, Row } from './row.ts';
import { rows } from './rows.ts';
import { openJax, startJax } from './startJax.ts';

/** Milliseconds a step, sample by sample. */
export interface RowResult {
  readonly ours: readonly number[];
  readonly stock: readonly number[];
  readonly jax: readonly number[];
  /** Program to first step: planning, WGSL, pipelines. */
  readonly prepareMs: number;
  readonly operations: number;
}

export interface BenchPage {
  /** Name of the adapter, and of each row. */
  open(): Promise<{ adapter: string; rows: { name: string; isStep: boolean }[] }>;
  measureRow(request: { row: number; samples: number }): Promise<RowResult>;
  /** Of a whole step: memory, hashing, the reference. */
  measureCosts(request: { row: number; samples: number }): Promise<Costs>;
  /** The same step in two profiles. */
  measureProfiles<P extends Profile>(request: { row: number; samples: number; profiles: readonly [P, P] }): Promise<Record<P, number[]>>;
}

let opened: { executor: GpuExecutor; device: GPUDevice; tuning: Tuning } | null = null;

async function open() {
  const gpu = await requestGpu(navigator.gpu);
  const tuning = await rememberedTuning(gpu.device, gpu.name, memoryTunings());
  opened = { executor: createWebgpuExecutor({ device: gpu.device, deviceName: gpu.name, tuning }), device: gpu.device, tuning };
  await tf.setBackend('webgpu');
  await tf.ready();
  return { adapter: gpu.name, rows: rows().map(({ name, isStep }) => ({ name, isStep })) };
}

async function prepareRow(row: number): Promise<Prepared & Pick<Row, 'jax'> & { gpu: NonNullable<typeof opened> }> {
  const chosen = rows()[row];
  if (!chosen || !opened) throw new Error(`there is no row ${row}, or the page is not open`);
  const prepared = await chosen.prepare(tf);
  if (tf.getBackend() !== 'webgpu') throw new Error(`stock runs on ${tf.getBackend()}, not on webgpu`);
  return { ...prepared, jax: chosen.jax, gpu: opened };
}

const ourRunner =
  (run: Run, { inputs }: Prepared): Runner =>
  async (steps) =>
    void (await run.run(Array.from({ length: steps }, () => inputs)));

const stockRunner =
  ({ stock }: Prepared): Runner =>
  async (steps) => {
    let last: Tensor | null = null;
    for (let k = 0; k < steps; k++) {
      last?.dispose();
      last = stock(tf);
    }
    await last?.data();
    last?.dispose();
  };

async function startRun(executor: GpuExecutor, prepared: Prepared, profile = prepared.program.profile): Promise<GpuRun> {
  const run = await executor.prepare({ ...prepared.program, profile });
  await run.load(prepared.state);
  await run.run([prepared.inputs]);
  return run;
}

async function measureRow({ row, samples }: { row: number; samples: number }): Promise<RowResult> {
  const prepared = await prepareRow(row);
  const started = performance.now();
  const run = await startRun(prepared.gpu.executor, prepared);
  const prepareMs = performance.now() - started;
  await openJax(prepared.gpu.device);
  const jax = startJax(prepared.jax, prepared);
  await jax.compare(run);
  const times = await measure({ ours: ourRunner(run, prepared), stock: stockRunner(prepared), jax: jax.run }, samples);
  run.dispose();
  jax.dispose();
  return { ...times, prepareMs, operations: prepared.program.operations.length };
}

async function costsOf({ row, samples }: { row: number; samples: number }): Promise<Costs> {
  const prepared = await prepareRow(row);
  const { executor, tuning } = prepared.gpu;
  const run = await startRun(executor, prepared);
  const { hasher } = await executor.hashing();
  const costs = await measureCosts(prepared, run, hasher, tuning, samples);
  run.dispose();
  return costs;
}

async function measureProfiles<P extends Profile>({ row, samples, profiles }: { row: number; samples: number; profiles: readonly [P, P] }): Promise<Record<P, number[]>> {
  const prepared = await prepareRow(row);
  const runs = [];
  const contenders = {} as Record<P, Runner>;
  for (const profile of profiles) {
    const run = await startRun(prepared.gpu.executor, prepared, profile);
    runs.push(run);
    contenders[profile] = ourRunner(run, prepared);
  }
  const times = await measure(contenders, samples);
  for (const run of runs) run.dispose();
  return times;
}

Object.assign(window, { bench: { open, measureRow, measureCosts: costsOf, measureProfiles } satisfies BenchPage });
