/** Entry of the GPU worker. Rooms that bring tfjs are loaded when first needed. */
import { expose } from 'comlink';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { localTrainingEngine } from '#swarm/peer/localTrainingEngine.ts';
import type { TrainingEngine } from '#swarm/peer/trainingEngine.ts';
import type { DeviceView } from '#web/tab/tabModel.ts';
import type { EngineHost } from './engineHost.ts';
import { openOpfsShelf } from './opfsShelf.ts';
import { type FirstDevice, openDevice } from './openDevice.ts';
import { opfsTunings } from './opfsTunings.ts';
import type { Trained } from './trainedModel.ts';

let opened: Promise<FirstDevice> | null = null;
let engine: Promise<TrainingEngine> | null = null;
let onView: (view: DeviceView) => void = () => undefined;
const device = () => (opened ??= openDevice({ gpu: navigator.gpu, tunings: opfsTunings(), onView: (view) => onView(view) }));
// The outer step is small and runs once a round: on the CPU it needs no compiling and works in every tab.
const training = () =>
  (engine ??= Promise.all([device(), openOpfsShelf()]).then(([{ executor }, shelf]) => localTrainingEngine({ training: executor, outer: referenceExecutor }, shelf)));

const models = new Map<number, Trained>();
let lastHandle = 0;
const modelOf = (handle: number): Trained => {
  const model = models.get(handle);
  if (!model) throw new Error('This trained model was closed: open it again.');
  return model;
};

const host: EngineHost = {
  inspect: async () => (await (await device()).executor.opened()).view,
  async watchDevice(watcher) {
    onView = watcher;
  },
  open: async (...args) => (await training()).open(...args),
  train: async (...args) => (await training()).train(...args),
  release: async (...args) => (await training()).release(...args),
  checkpoint: async (...args) => (await training()).checkpoint(...args),
  replay: async (...args) => (await training()).replay(...args),
  facts: async (...args) => (await training()).facts(...args),
  dispute: async (...args) => (await training()).dispute(...args),
  checkDelta: async (...args) => (await training()).checkDelta(...args),
  next: async (...args) => (await training()).next(...args),
  globalRoot: async (...args) => (await training()).globalRoot(...args),
  close: (job) => void training().then((one) => one.close(job)),
  prepareJob: async (draft, onProgress, getBlob) => (await import('./prepareJob.ts')).prepareJob(draft, (text, fraction) => onProgress(text, fraction), getBlob),
  async openTrained(modelBlob, globalState, task) {
    const { openTrained } = await import('./trainedModel.ts');
    lastHandle++;
    models.set(lastHandle, await openTrained(modelBlob, globalState, task));
    return lastHandle;
  },
  classify: (handle, features) => modelOf(handle).classify(features),
  continueText: (handle, prompt, length, onText) => modelOf(handle).continueText(prompt, length, (piece) => onText(piece)),
  accuracy: (handle, manifest, chunks) => modelOf(handle).accuracy(manifest, chunks),
  async closeTrained(handle) {
    models.get(handle)?.dispose();
    models.delete(handle);
  },
  async exportLayersModel(modelBlob, globalState) {
    const { exportTrained } = await import('./trainedModel.ts');
    const { layersModel } = await exportTrained(modelBlob, globalState);
    return [
      { name: 'model.json', bytes: new TextEncoder().encode(layersModel.modelJson) },
      { name: 'weights.bin', bytes: layersModel.weightsBin },
    ];
  },
  async exportSafetensors(modelBlob, globalState) {
    const { exportTrained } = await import('./trainedModel.ts');
    return (await exportTrained(modelBlob, globalState)).safetensors;
  },
};

expose(host);
