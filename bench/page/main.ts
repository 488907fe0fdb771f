/** The page that is timed in: one row at a time, as `runBench.ts` asks. */
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-webgpu';
import type { Tensor } from '#engine/capture/author/tfjs.ts';
import { requestGpu } from '#engine/kernels/requestGpu.ts';
import { createWebgpuExecutor } from '#engine/kernels/webgpuExecutor.ts';
import type { Executor } from '#engine/program/executor.ts';
import { type Measured, measure } from './measure.ts';
import { rows } from './rows.ts';

export interface RowResult extends Measured {
  /** Program to first step: planning, WGSL, pipelines. */
  readonly prepareMs: number;
  readonly operations: number;
}

export interface BenchPage {
  /** Name of the adapter, and of each row with its profile. */
  open(): Promise<{ adapter: string; rows: { name: string; profile: string }[] }>;
  measureRow(request: { row: number; samples: number }): Promise<RowResult>;
}

let executor: Executor | null = null;

async function open() {
  const gpu = await requestGpu(navigator.gpu);
  executor = createWebgpuExecutor({ device: gpu.device, deviceName: gpu.name });
  await tf.setBackend('webgpu');
  await tf.ready();
  return { adapter: gpu.name, rows: rows().map(({ name, profile }) => ({ name, profile })) };
}

async function measureRow({ row, samples }: { row: number; samples: number }): Promise<RowResult> {
  const chosen = rows()[row];
  if (!chosen || !executor) throw new Error(`there is no row ${row}, or the page is not open`);
  const { program, state, inputs, stock } = await chosen.prepare(tf);
  if (tf.getBackend() !== 'webgpu') throw new Error(`stock runs on ${tf.getBackend()}, not on webgpu`);
  const started = performance.now();
  const run = await executor.prepare(program);
  await run.load(state);
  await run.run([inputs]);
  const prepareMs = performance.now() - started;
  const ours = async (steps: number) => void (await run.run(Array.from({ length: steps }, () => inputs)));
  const theirs = async (steps: number) => {
    let last: Tensor | null = null;
    for (let k = 0; k < steps; k++) {
      last?.dispose();
      last = stock(tf);
    }
    await last?.data();
    last?.dispose();
  };
  const measured = await measure(ours, theirs, samples);
  run.dispose();
  return { ...measured, prepareMs, operations: program.operations.length };
}

Object.assign(window, { bench: { open, measureRow } satisfies BenchPage });
