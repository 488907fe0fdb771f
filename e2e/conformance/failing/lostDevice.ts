/** A tab's training on a device that is destroyed in mid-round, beside the same on the reference. Tells `Told`. */
import { memoryTunings } from '#engine/kernels/rememberedTuning.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { encodeProgram } from '#engine/program/encodeProgram.ts';
import type { Executor } from '#engine/program/executor.ts';
import { localTrainingEngine } from '#swarm/peer/localTrainingEngine.ts';
import type { TrainingEngine } from '#swarm/peer/trainingEngine.ts';
import { encodeGlobalState } from '#swarm/training/globalState.ts';
import { memoryShelf } from '#swarm/training/roundShelf.ts';
import { tinyData, tinyGlobal, tinyProgram, tinySpec } from '#swarm/training/tinyNet.fixture.ts';
import { openDevice } from '#web/worker/openDevice.ts';
import { changedGpu, openDawn } from '../hostile/openDawn.ts';
import { printTold } from './printTold.ts';

interface Trained {
  readonly checkpointRoots: readonly string[];
  readonly proposalRoot: string;
  readonly deltaHash: string;
  /** The first step that was told. */
  readonly from: number;
}

export interface Told {
  readonly law: { readonly trained: Trained; readonly replayed: string };
  readonly found: {
    readonly trained: Trained;
    /** Before the loss, and after. */
    readonly replayed: readonly [string, string];
    /** What the round ended with that was cut off. */
    readonly cut: string;
  };
  readonly adapters: number;
  readonly pauses: readonly number[];
  readonly views: readonly { readonly phase: string; readonly message: string }[];
}

const SLOT = 1;
/** The round's third checkpoint is at step 4 of 8. */
const CUT_AT = 5;
const RATE = 2 ** -9;

async function main(): Promise<Told> {
  const gpu = await openDawn();
  const devices: GPUDevice[] = [];
  const kept = changedGpu(gpu, (device) => devices.push(device));
  // A browser whose graphics processor has just crashed has none for a while.
  let blind = 2;
  const asked = { adapters: 0 };
  const adapters: Pick<GPU, 'requestAdapter'> = { requestAdapter: async (options) => (++asked.adapters > 1 && blind-- > 0 ? null : kept.requestAdapter(options)) };
  const pauses: number[] = [];
  const views: Told['views'][number][] = [];
  const { executor } = await openDevice({
    gpu: adapters,
    tunings: memoryTunings(),
    onView: ({ phase, message, jobTests }) => void (jobTests.length === 0 && views.push({ phase, message })),
    pause: async (ms) => void pauses.push(ms),
  });

  const law = await engineOf(referenceExecutor);
  const engine = await engineOf(executor);
  const before = await replay(engine);
  const cut = await train(engine, (step) => step === CUT_AT && devices.at(-1)?.destroy()).then(
    () => 'it was not cut off',
    (error: unknown) => (error as Error).name,
  );
  const trained = await train(engine);
  const found = { cut, trained, replayed: [before, await replay(engine)] as const };
  return { law: { trained: await train(law), replayed: await replay(law) }, found, adapters: asked.adapters, pauses, views };
}

async function engineOf(training: Executor): Promise<TrainingEngine> {
  const engine = localTrainingEngine({ training, outer: referenceExecutor }, memoryShelf());
  await engine.open('job', { spec: tinySpec, programBytes: encodeProgram(tinyProgram(RATE)), ...tinyData() });
  return engine;
}

const start = () => encodeGlobalState(tinyGlobal(tinyProgram(RATE)));

async function train(engine: TrainingEngine, onStep: (step: number) => void = () => undefined): Promise<Trained> {
  let from = 0;
  const { checkpointRoots, proposalRoot, deltaHash } = await engine.train('job', 0, SLOT, start(), ({ step }) => {
    from ||= step;
    onStep(step);
  });
  return { checkpointRoots, proposalRoot, deltaHash, from };
}

/** The last segment, so that its delta is made too. */
async function replay(engine: TrainingEngine): Promise<string> {
  return (await engine.replay('job', 0, SLOT, 3, { globalState: start(), checkpoint: null })).target;
}

printTold(main());
