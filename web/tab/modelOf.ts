/** The trained model of a job, opened in the worker for a screen to try. */
import { proxy, type Remote } from 'comlink';
import type { EngineHost } from '#web/worker/engineHost.ts';
import type { TrainedModel } from './tabModel.ts';
import { type JobReader, newestRound, openJob } from './trainedState.ts';

/** Errors: nothing is trained yet, or the bytes are not to be had. */
export async function readModel(reader: JobReader, job: bigint) {
  const opened = await openJob(reader, job);
  try {
    const state = await opened.globalAt(newestRound(opened.view));
    return { spec: opened.spec, state, modelBlob: await reader.blobs.get(opened.spec.model) };
  } finally {
    opened.close();
  }
}

export async function openModel(reader: JobReader, host: Remote<EngineHost>, job: bigint): Promise<TrainedModel> {
  const { spec, state, modelBlob } = await readModel(reader, job);
  const handle = await host.openTrained(modelBlob, state, spec.task);
  return {
    task: spec.task,
    classify: (features) => host.classify(handle, features),
    continueText: (prompt, length, onText) => host.continueText(handle, prompt, length, proxy(onText)),
    dispose: () => void host.closeTrained(handle),
  };
}
