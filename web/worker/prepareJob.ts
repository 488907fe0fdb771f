/** From a draft to everything that is posted: data cut into chunks, the step captured and checked, first weights, the estimate. */
import { captureLayersModel } from '#engine/capture/captureLayersModel.ts';
import type { CapturedStep } from '#engine/capture/captureStep.ts';
import { loadTfjs } from '#engine/capture/loadTfjs.ts';
import { mnistCnn } from '#engine/capture/presets/mnistCnn.ts';
import { mnistDense } from '#engine/capture/presets/mnistDense.ts';
import type { OptimizerChoice } from '#engine/capture/presets/preset.ts';
import { SMALL_TRANSFORMER, textTransformer } from '#engine/capture/presets/textTransformer.ts';
import { encodeProgram } from '#engine/program/encodeProgram.ts';
import { estimateCost } from '#engine/program/estimateCost.ts';
import { hashProgram } from '#engine/program/hashProgram.ts';
import { validateProgram } from '#engine/program/validateProgram.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import type { Hash, Task } from '#swarm/protocol/jobSpec.ts';
import { type CutDataset, cutDataset } from '#swarm/training/dataset.ts';
import { encodeGlobalState, globalRoot, globalSizes, initialGlobalState, sharedTensors } from '#swarm/training/globalState.ts';
import { deltaBytes } from '#swarm/training/packDelta.ts';
import { type ReadData, readDataset } from '#web/data/readDataset.ts';
import type { Estimate, JobDraft } from '#web/tab/tabModel.ts';
import { encodeModelBlob } from './modelBlob.ts';
import { feedsOf } from './feedsOf.ts';
import { type OwnModel, readOwnModel } from './ownModel.ts';

export interface PreparedParts {
  readonly task: Task;
  readonly licence: string;
  readonly programBytes: Uint8Array;
  readonly programHash: Hash;
  readonly initialState: Uint8Array;
  readonly initialRoot: Hash;
  readonly dataset: CutDataset;
  readonly testDataset: CutDataset | null;
  readonly modelBlob: Uint8Array;
  readonly macsPerStep: number;
  readonly estimate: Omit<Estimate, 'costWei'>;
}

type Progress = (text: string, fraction: number) => void;

/** First weights are drawn from this; the job's own seed orders the data. */
const WEIGHTS_SEED = 1;

/** Errors: what the data, the model or the Program lacks, in words for the form. */
export async function prepareJob(draft: JobDraft, onProgress: Progress, getBlob: (hash: Hash) => Promise<Uint8Array>): Promise<PreparedParts> {
  onProgress('Reading the model and the data', 0);
  const model: Chosen = draft.model.kind === 'preset' ? draft.model : { ...(await readOwnModel(draft.model)), kind: draft.model.kind, loss: draft.model.loss };
  const wants = model.kind === 'preset' ? {} : model.wants;
  const data = await readDataset(draft.data, { window: SMALL_TRANSFORMER.window, ...wants, getBlob, onProgress: (text, fraction) => onProgress(text, fraction * 0.4) });
  onProgress('Capturing one training step', 0.45);
  const captured = await capture(draft, model, data);
  const { program } = captured;
  validateProgram(program);
  onProgress('Cutting the data into verified pieces', 0.7);
  const about = { source: data.source, licence: data.licence || draft.licence };
  const dataset = cutDataset(data.train, about);
  const testDataset = data.test ? cutDataset(data.test, about) : null;
  onProgress('Estimating', 0.9);
  const shared = sharedTensors(program);
  const first = initialGlobalState(
    program,
    shared.map(({ stateIndex }) => captured.state[stateIndex]?.initial ?? new Uint32Array(0)),
  );
  const cost = estimateCost(program);
  const programHash = toHash(hashProgram(program));
  onProgress('Ready', 1);
  return {
    task: data.task,
    licence: about.licence,
    programBytes: encodeProgram(program),
    programHash,
    initialState: encodeGlobalState(first),
    initialRoot: globalRoot(first),
    dataset,
    testDataset,
    modelBlob: encodeModelBlob({ topology: captured.topology, weights: captured.weightOrder, sizes: globalSizes(shared) }),
    macsPerStep: cost.macs,
    estimate: {
      programHash,
      operations: program.operations.length,
      parameters: cost.parameters,
      flopsPerRound: cost.flops * draft.stepsPerRound,
      deltaBytesPerRound: deltaBytes(shared.map((tensor) => tensor.elements)),
      datasetBytes: dataset.chunks.reduce((sum, chunk) => sum + chunk.length, 0),
      peakBytes: cost.peakBytes,
    },
  };
}

type Chosen = Extract<JobDraft['model'], { kind: 'preset' }> | (OwnModel & { readonly kind: 'layers-model'; readonly loss: string });

async function capture(draft: JobDraft, model: Chosen, data: ReadData): Promise<CapturedStep & { readonly topology: object }> {
  const tf = await loadTfjs();
  const { batch } = draft;
  const { kind, learningRate } = draft.optimizer;
  const optimizer: OptimizerChoice = kind === 'momentum' ? { kind, learningRate, momentum: 0.9 } : { kind, learningRate };
  const options = { tf, batch, seed: WEIGHTS_SEED, optimizer };
  if (model.kind === 'layers-model') return captureLayersModel({ ...options, ...feedsOf(data, model.loss, model.shapes), files: model.files });
  switch (model.name) {
    case 'mnist-dense':
      return requireTask(data, 'digits', () => mnistDense(options));
    case 'mnist-cnn':
      return requireTask(data, 'digits', () => mnistCnn(options));
    case 'text':
      return requireTask(data, 'text', () =>
        textTransformer({ ...options, shape: { ...SMALL_TRANSFORMER, vocabulary: data.task.kind === 'text' ? [...data.task.vocabulary].length : 0 } }),
      );
  }
}

function requireTask<T>(data: ReadData, kind: Task['kind'], make: () => Promise<T>): Promise<T> {
  if (data.task.kind !== kind)
    throw new Error(
      `This model learns from ${kind === 'text' ? 'a text file' : 'handwritten digits'}; the chosen data is ${data.task.kind}. Choose data that fits, or bring your own model.`,
    );
  return make();
}
