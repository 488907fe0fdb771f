/** A TrainingEngine over executors in this thread. In a tab it runs inside the GPU worker; in tests on the reference. */
import { decodeProgram } from '#engine/program/decodeProgram.ts';
import type { Bits, Executor } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import type { Account } from '#swarm/dispute/account.ts';
import { buildDocket, type Docket } from '#swarm/dispute/docket.ts';
import type { Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';
import { checkDelta } from '#swarm/training/checkDelta.ts';
import { type CheckpointStore, memoryCheckpoints } from '#swarm/training/checkpointStore.ts';
import { type Dataset, openDataset } from '#swarm/training/dataset.ts';
import { decodeState, decodeTensors, encodeGlobalState, encodeTensors, type GlobalState, globalRoot, globalSizes, sharedTensors, startState } from '#swarm/training/globalState.ts';
import { keepPrepared } from '#swarm/training/keepPrepared.ts';
import { nextGlobal } from '#swarm/training/nextGlobal.ts';
import { deltaTensors } from '#swarm/training/packDelta.ts';
import { checkpointRoot, replaySegment } from '#swarm/training/replaySegment.ts';
import { decodeKeptRound, encodeKeptRound, type RoundShelf, shelfName } from '#swarm/training/roundShelf.ts';
import { type StepReport as RawStep, runSteps } from '#swarm/training/runSteps.ts';
import { createStepInputs } from '#swarm/training/stepInputs.ts';
import { trainRound } from '#swarm/training/trainRound.ts';
import type { DisputeTask, JobMaterial, StepReport, TrainingEngine } from './trainingEngine.ts';

interface OpenJob {
  readonly program: Program;
  readonly spec: JobSpec;
  readonly dataset: Dataset;
  /** Checkpoint states by `round/slot`: the last rounds that can still be audited. */
  readonly checkpoints: Map<string, CheckpointStore>;
  readonly docket: Docket;
  /** Of disputes, by side, round, slot and root of G_r. */
  readonly accounts: Map<string, Account>;
}

/** Rounds whose checkpoint states are kept: those that may still be audited (R7), and one more. */
const ROUNDS_KEPT = 4;
const NO_SALT = `0x${'00'.repeat(32)}` as Hash;

export interface EngineExecutors {
  /** Trains and replays. */
  readonly training: Executor;
  /** Runs the outer step and quantisation: small, and wanted even where there is no GPU. */
  readonly outer: Executor;
}

/** `shelf` outlives a reload: a round that was begun goes on from its newest checkpoint. */
export function localTrainingEngine(executors: EngineExecutors, shelf: RoundShelf | null = null): TrainingEngine {
  const training = keepPrepared(executors.training);
  // An audit must not wait for this tab's own round to end: it gets prepared runs of its own.
  const auditing = keepPrepared(executors.training);
  const outer = executors.outer;
  const jobs = new Map<string, OpenJob>();
  /** Training ends when its job is closed, as well as by the caller's signal. */
  const stops = new Map<string, AbortController>();
  const jobOf = (key: string): OpenJob => {
    const job = jobs.get(key);
    if (!job) throw new Error(`job ${key} is not open in this tab's engine: its program and data must be loaded first`);
    return job;
  };

  return {
    device: executors.training.device,

    async open(key, material) {
      jobs.set(key, openJob(material));
      stops.set(key, new AbortController());
    },

    async train(key, round, slot, globalBytes, onStep, signal) {
      const { program, spec, dataset, checkpoints } = jobOf(key);
      const globalState = readGlobal(program, round, globalBytes);
      const start = checkpointRoot(spec, round, slot, 0, startState(program, globalState));
      const { store, resumeFrom, onCheckpoint, saved } = await roundKept(shelf, program, shelfName(spec, round, slot), start);
      const meter = meterSteps(program, spec.stepsPerRound, onStep);
      const result = await trainRound({
        executor: training,
        program,
        spec,
        dataset,
        globalState,
        slot,
        store,
        resumeFrom,
        onCheckpoint,
        signal: AbortSignal.any([signal, stops.get(key)?.signal].filter((one) => one !== undefined)),
        // Salts belong to the key, which never enters the engine: the caller seals the roots itself.
        salt: () => NO_SALT,
        onStep: meter.onStep,
      });
      await saved();
      checkpoints.set(`${round}/${slot}`, store);
      for (const kept of checkpoints.keys()) if (Number(kept.split('/')[0]) <= round - ROUNDS_KEPT) checkpoints.delete(kept);
      const { checkpointRoots, proposalRoot, delta, deltaHash } = result;
      return { checkpointRoots, proposalRoot, delta, deltaHash, poison: result.poison?.reason ?? null, ...meter.means() };
    },

    async release(key, round, slot) {
      await shelf?.remove(shelfName(jobOf(key).spec, round, slot));
    },

    async checkpoint(key, round, slot, checkpoint) {
      const state = await jobOf(key).checkpoints.get(`${round}/${slot}`)?.get(checkpoint);
      return state ? encodeTensors(state) : null;
    },

    async replay(key, round, slot, segment, start, onStep) {
      const { program, spec, dataset } = jobOf(key);
      const globalState = readGlobal(program, round, start.globalState);
      const checkpoint = start.checkpoint ? provenState(program, spec, round, slot, segment, start.checkpoint) : null;
      const meter = meterSteps(program, (segment + 1) * spec.checkpointEvery, onStep ?? (() => undefined));
      const { root, target, proposalRoot, deltaHash, steps } = await replaySegment({
        executor: auditing,
        program,
        spec,
        dataset,
        globalState,
        slot,
        segment,
        checkpoint,
        onStep: meter.onStep,
      });
      return { root, target, proposalRoot, deltaHash, steps };
    },

    async facts(key) {
      const { docket } = jobOf(key);
      const shown = (one: Docket | null) => ({ facts: (one as Docket).job, path: (one as Docket).jobPath });
      return { ...shown(docket), delta: shown(docket.delta), outer: shown(docket.outer) };
    },

    async dispute(key, task) {
      const { program, spec, dataset, docket, accounts, checkpoints } = jobOf(key);
      const { round, slot, globalRoot: start } = task.game.setting;
      if (task.deltas) return disputeRoot(jobOf(key), task, task.deltas);
      const { Account } = await import('#swarm/dispute/account.ts');
      const { disputeTurn } = await import('./disputeTurn.ts');
      const name = `${task.side}/${round}/${slot}/${start}`;
      const material = { program, spec, dataset, docket, globalState: readGlobal(program, round, task.globalState), slot };
      const inputs = createStepInputs(program, spec, dataset);
      const leap = async (from: number, state: readonly Bits[], to: number) => {
        const run = await auditing.prepare(program);
        try {
          await run.load(state);
          return (await runSteps(run, inputs, { round, slot, from, to }, {})) === null ? await run.state() : null;
        } finally {
          run.dispose();
        }
      };
      const account = accounts.get(name) ?? new Account(material, (checkpoint) => task.sealed?.salts[checkpoint] ?? NO_SALT, leap);
      accounts.set(name, account);
      // A kept checkpoint of one's own saves the way there.
      const { segment } = task.game;
      const kept = task.sealed && segment > 0 ? await checkpoints.get(`${round}/${slot}`)?.get(segment) : null;
      if (kept) account.know(segment * spec.checkpointEvery, kept);
      return disputeTurn(account, task);
    },

    async checkDelta(key, round, globalBytes, claim, delta) {
      const { program } = jobOf(key);
      checkDelta(program, readGlobal(program, round, globalBytes), claim, delta);
    },

    async next(key, round, globalBytes, deltas) {
      const { program, spec } = jobOf(key);
      const { globalState, root } = await nextGlobal({ executor: outer, program, spec, globalState: readGlobal(program, round, globalBytes), deltas });
      return { state: encodeGlobalState(globalState), root };
    },

    async globalRoot(key, round, state) {
      return globalRoot(readGlobal(jobOf(key).program, round, state));
    },

    close(key) {
      stops.get(key)?.abort(new Error('stopped'));
      jobs.delete(key);
      if (jobs.size === 0) {
        training.release();
        auditing.release();
      }
    },
  };
}

/** A turn in a dispute about a posted root (D6 10). */
async function disputeRoot({ program, spec, dataset, docket, accounts }: OpenJob, task: DisputeTask, deltas: NonNullable<DisputeTask['deltas']>) {
  const { round, endRound, checkpointsRoot: proposals } = task.game.setting;
  const { OuterAccount } = await import('#swarm/dispute/outerAccount.ts');
  const { disputeTurn } = await import('./disputeTurn.ts');
  const name = `${task.side}/outer/${endRound}/${proposals}`;
  const globalState = readGlobal(program, round, task.globalState);
  const counted = () =>
    deltas.toSorted((a, b) => a.slot - b.slot).map((claim) => ({ slot: claim.slot, tensors: deltaTensors(checkDelta(program, globalState, claim, claim.bytes)) }));
  const account = accounts.get(name) ?? new OuterAccount({ program, spec, dataset, docket, globalState, endRound, counted: counted() });
  accounts.set(name, account);
  return disputeTurn(account, task);
}

/** What an earlier run of the round left on the shelf, and how this run leaves its own there: only ever the newest. */
async function roundKept(shelf: RoundShelf | null, program: Program, name: string, start: Hash) {
  const store = memoryCheckpoints();
  const bytes = await shelf?.get(name).catch(() => null);
  const found = bytes ? decodeKeptRound(program, bytes) : null;
  // After a strike the same round begins from another state (A8).
  const kept = found?.roots[0] === start ? found : null;
  if (kept) await store.put(kept.roots.length - 1, kept.state);
  let newest: readonly Hash[] | null = null;
  let saving: Promise<void> | null = null;
  const save = async () => {
    while (newest) {
      const roots = newest;
      newest = null;
      const state = await store.get(roots.length - 1);
      // A full disk costs no more than the steps since the last state that it took.
      if (state) await shelf?.put(name, encodeKeptRound({ roots, state })).catch(() => undefined);
    }
    saving = null;
  };
  return {
    store,
    resumeFrom: kept ? { roots: kept.roots } : undefined,
    onCheckpoint(roots: readonly Hash[]) {
      if (!shelf) return;
      newest = roots;
      saving ??= save();
    },
    saved: async () => {
      await saving;
    },
  };
}

function openJob(material: JobMaterial): OpenJob {
  const { spec, manifest } = material;
  const chunks = new Map(manifest.chunks.map((hash, index) => [hash, material.chunks[index]]));
  const source = {
    async get(hash: Hash) {
      const bytes = chunks.get(hash);
      if (!bytes) throw new Error(`chunk ${hash} of the dataset was not handed to the engine`);
      return bytes;
    },
  };
  const program = decodeProgram(material.programBytes);
  return { program, spec, dataset: openDataset(manifest, source), checkpoints: new Map(), docket: buildDocket(program, spec, manifest), accounts: new Map() };
}

/** The caller has checked these bytes against a root that stands on chain; here only their shape can be wrong. */
function readGlobal(program: Program, round: number, bytes: Uint8Array): GlobalState {
  return { round, tensors: decodeTensors(bytes, globalSizes(sharedTensors(program)), `global state of round ${round}`) };
}

function provenState(program: Program, spec: JobSpec, round: number, slot: number, segment: number, given: { readonly root: Hash; readonly state: Uint8Array }): Bits[] {
  const state = decodeState(program, given.state);
  const root = checkpointRoot(spec, round, slot, segment, state);
  if (root !== given.root) throw new Error(`the state sent for checkpoint ${segment} of slot ${slot} has root ${root}, its solver sealed ${given.root}`);
  return state;
}

/** Turns raw outputs into loss, accuracy and pace. */
function meterSteps(program: Program, steps: number, report: (step: StepReport) => void) {
  const lossAt = program.outputs.findIndex((output) => output.name === 'loss');
  const accuracyAt = program.outputs.findIndex((output) => output.name === 'accuracy');
  const scalar = (outputs: readonly Bits[], at: number) => (at < 0 ? null : (new Float32Array((outputs[at] ?? new Uint32Array(1)).slice().buffer)[0] ?? null));
  const began = performance.now();
  let count = 0;
  let lossSum = 0;
  let accuracySum = 0;
  return {
    onStep({ step, outputs }: RawStep) {
      const loss = scalar(outputs, lossAt) ?? Number.NaN;
      const accuracy = scalar(outputs, accuracyAt);
      count++;
      lossSum += loss;
      accuracySum += accuracy ?? 0;
      report({ step, steps, loss, accuracy, stepMs: (performance.now() - began) / count });
    },
    means: () => ({
      loss: count ? lossSum / count : 0,
      accuracy: count && accuracyAt >= 0 ? accuracySum / count : null,
      stepMs: count ? (performance.now() - began) / count : 0,
    }),
  };
}
