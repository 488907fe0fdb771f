/** What the worker offers to the tab's main thread. */
import type { DatasetManifest, Hash, Task } from '#swarm/protocol/jobSpec.ts';
import type { TrainingEngine } from '#swarm/peer/trainingEngine.ts';
import type { DeviceView, JobDraft } from '#web/tab/tabModel.ts';
import type { PreparedParts } from './prepareJob.ts';

export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Beside the engine itself. Handles name trained models that are open in the worker. */
export interface EngineHost extends Omit<TrainingEngine, 'device'> {
  inspect(): Promise<DeviceView>;
  /** From then on: the device again whenever a job's self-test is done, it went away, or another is there. */
  watchDevice(onView: (view: DeviceView) => void): Promise<void>;
  /** `getBlob`: bytes by SHA-256 from the mesh, which the worker cannot reach itself. */
  prepareJob(draft: JobDraft, onProgress: (text: string, fraction: number) => void, getBlob: (hash: Hash) => Promise<Uint8Array>): Promise<PreparedParts>;
  openTrained(modelBlob: Uint8Array, globalState: Uint8Array, task: Task): Promise<number>;
  classify(handle: number, features: Float32Array): Promise<Float32Array>;
  continueText(handle: number, prompt: string, length: number, onText: (piece: string) => void): Promise<void>;
  accuracy(handle: number, manifest: DatasetManifest, chunks: readonly Uint8Array[]): Promise<number | null>;
  closeTrained(handle: number): Promise<void>;
  exportLayersModel(modelBlob: Uint8Array, globalState: Uint8Array): Promise<NamedFile[]>;
  exportSafetensors(modelBlob: Uint8Array, globalState: Uint8Array): Promise<Uint8Array>;
}
