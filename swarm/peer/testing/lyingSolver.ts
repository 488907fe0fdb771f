/**
 * Solvers that lie, as engines with which an otherwise honest peer works. Each knows how to be consistent with its own lie:
 * roots, delta and kept checkpoints all follow from what it really did. `liesIn` says which replays must find it out.
 */
import { canon } from '#engine/numerics/canon.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { decodeProgram } from '#engine/program/decodeProgram.ts';
import type { Bits } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import type { MemoryNode } from '#swarm/network/memoryMesh.ts';
import type { Mesh } from '#swarm/network/mesh.ts';
import { Account } from '#swarm/dispute/account.ts';
import { buildDocket } from '#swarm/dispute/docket.ts';
import { OuterAccount } from '#swarm/dispute/outerAccount.ts';
import type { StepTracer } from '#swarm/dispute/traceStep.ts';
import { auditTarget } from '#swarm/protocol/attestation.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { encodeMessage, parseReceiptAnswer, parseReceiptRequest } from '#swarm/protocol/messages.ts';
import { stateRoot } from '#swarm/protocol/stateRoot.ts';
import { type Dataset, openDataset } from '#swarm/training/dataset.ts';
import { decodeTensors, encodeTensors, type GlobalState, globalSizes, sharedTensors, startState } from '#swarm/training/globalState.ts';
import { makeDelta, proposalRootOf } from '#swarm/training/makeDelta.ts';
import { deltaTensors, packDelta, type QuantisedTensor, unpackDelta } from '#swarm/training/packDelta.ts';
import { runSteps } from '#swarm/training/runSteps.ts';
import { createStepInputs } from '#swarm/training/stepInputs.ts';
import { disputeTurn } from '../disputeTurn.ts';
import { localTrainingEngine } from '../localTrainingEngine.ts';
import type { DisputeTask, JobMaterial, RoundResult, TrainingEngine } from '../trainingEngine.ts';

/** What is done otherwise than SPEC T2 says. */
interface Lie {
  /** The weights that training starts from. */
  readonly startsFrom?: (global: GlobalState, previous: GlobalState | null) => GlobalState;
  /** The slot whose rows are taken. */
  readonly rowsOf?: (slot: number, slots: number) => number;
  readonly skips?: number;
  /** What becomes of the state after a segment. */
  readonly afterSegment?: (state: Bits[], segment: number, segments: number) => void;
  /** What becomes of the delta, which the rest of the round was honest about. */
  readonly quantises?: (delta: Uint8Array) => Uint8Array;
}

export interface LyingSolver {
  readonly engine: TrainingEngine;
  /** Whether an honest replay of this segment must give another target. */
  readonly liesIn: (round: number, segment: number, segments: number) => boolean;
}

export const lyingSolver = {
  /** One weight of the round's last state is off by its last bit: nobody would see it in the model. */
  flipsLastBit: (): LyingSolver => ({
    engine: engineThatTrains({
      afterSegment: (state, segment, segments) => {
        if (segment === segments - 1) flipOneBit(state);
      },
    }),
    liesIn: (_, segment, segments) => segment === segments - 1,
  }),
  /** Saves the work of one segment and passes its start on as its end. */
  skipsSegment: (skipped: number): LyingSolver => ({ engine: engineThatTrains({ skips: skipped }), liesIn: (_, segment) => segment === skipped }),
  /** Trains, but on the rows of the next slot. */
  trainsOnWrongSlice: (): LyingSolver => ({ engine: engineThatTrains({ rowsOf: (slot, slots) => (slot + 1) % slots }), liesIn: () => true }),
  /** Did not wait for G_r: trains from G_{r-1} and names G_r. Its delta leads from G_r to where it came out. */
  startsFromStaleG: (): LyingSolver => ({
    engine: engineThatTrains({ startsFrom: (global, previous) => (previous ? { ...previous, round: global.round } : global) }),
    liesIn: (round, segment) => round > 0 && segment === 0,
  }),
  /** Every step is right, and one value of the delta a unit off: bytes, hash and proposal root agree with each other. */
  quantisesWrong: (): LyingSolver => ({ engine: engineThatTrains({ quantises: anotherDelta }), liesIn: (_, segment, segments) => segment === segments - 1 }),
  /** A solver that takes other rows, and an auditor that attests whatever that solver has told it of its work. */
  inLeague: (): { readonly solver: TrainingEngine; readonly auditor: TrainingEngine } => {
    const told = new Map<string, RoundResult>();
    const nameOf = (round: number, slot: number, globalState: Uint8Array) => `${round}/${slot}/${toHash(sha256(globalState))}`;
    const lie = engineThatTrains({ rowsOf: (slot, slots) => (slot + 1) % slots });
    const honest = honestReference();
    return {
      solver: {
        ...lie,
        async train(...task) {
          const result = await lie.train(...task);
          told.set(nameOf(task[1], task[2], task[3]), result);
          return result;
        },
      },
      auditor: {
        ...honest,
        async replay(...task) {
          const [, round, slot, segment, start] = task;
          const replayed = await honest.replay(...task);
          const name = nameOf(round, slot, start.globalState);
          const result = told.get(name);
          const root = result?.checkpointRoots[segment + 1];
          if (!result || !root) return replayed;
          // Who does the slot again after the liar is a stranger to it.
          told.delete(name);
          return { ...replayed, root, target: auditTarget(root, segment === result.checkpointRoots.length - 2 ? result : null) };
        },
      },
    };
  },
  /** Honest in all slots' work, but the next state that it computes, posts and defends has one weight off by its last bit. */
  postsFalseRoot: (): TrainingEngine => engineThatPosts(),
  /** Says that every posted state is another than what it is. */
  deniesRoots: (): TrainingEngine => {
    const honest = honestReference();
    return { ...honest, next: async (...task) => ({ ...(await honest.next(...task)), root: toHash(sha256(task[2])) }) };
  },
  /** Trains honestly, but the bytes that it hands out and commits to are another delta than the one its proposal root has. */
  sendsFalseDelta: (): TrainingEngine => {
    const honest = honestReference();
    return {
      ...honest,
      async train(...task) {
        const result = await honest.train(...task);
        const delta = anotherDelta(result.delta);
        return { ...result, delta, deltaHash: toHash(sha256(delta)) };
      },
    };
  },
  /** Shows every second peer another delta, with the proposal root that fits it, and passes all receipts off as being for one. */
  equivocates: ({ mesh, blobs }: Pick<MemoryNode, 'mesh' | 'blobs'>): { engine: TrainingEngine; mesh: Mesh } => {
    const honest = honestReference();
    const second = new Map<string, { deltaHash: Hash; proposalRoot: Hash }>();
    let program: Program;
    let asked = 0;
    return {
      engine: {
        ...honest,
        async open(key, material) {
          program = decodeProgram(material.programBytes);
          await honest.open(key, material);
        },
        async train(key, round, slot, bytes, onStep, signal) {
          const result = await honest.train(key, round, slot, bytes, onStep, signal);
          const shared = sharedTensors(program);
          const delta = anotherDelta(result.delta);
          const proposalRoot = proposalRootOf(
            round,
            slot,
            deltaTensors(
              unpackDelta(
                delta,
                shared.map(({ elements }) => elements),
              ),
            ),
          );
          second.set(result.deltaHash, { deltaHash: await blobs.put(delta), proposalRoot });
          return result;
        },
      },
      mesh: {
        ...mesh,
        async ask(peer, topic, question, signal) {
          if (!topic.endsWith('/receipt') || asked++ % 2 === 0) return mesh.ask(peer, topic, question, signal);
          const told = parseReceiptRequest(question);
          const answer = parseReceiptAnswer(await mesh.ask(peer, topic, encodeMessage({ ...told, ...second.get(told.deltaHash) }), signal));
          return encodeMessage({ ...answer, deltaHash: told.deltaHash });
        },
      },
    };
  },
};

function honestReference(): TrainingEngine {
  return localTrainingEngine({ training: referenceExecutor, outer: referenceExecutor });
}

/** The smallest change to bytes that stay a well-formed delta: one quantised value nearer to zero. */
function anotherDelta(delta: Uint8Array): Uint8Array {
  const BLOCK_BYTES = 65;
  const changed = delta.slice();
  const values = new Int8Array(changed.buffer);
  // The exponent is the block's first byte; the largest value keeps its place so that the exponent stays the smallest.
  const at = values.findIndex((value, k) => k % BLOCK_BYTES !== 0 && k < BLOCK_BYTES && value !== 0 && Math.abs(value) < 60);
  if (at < 0) throw new Error('this delta has no value that could be changed unnoticed');
  values[at] = (values[at] as number) - Math.sign(values[at] as number);
  return changed;
}

function flipOneBit(state: Bits[]): void {
  for (const bits of state) {
    const at = bits.findIndex((word) => canon(word ^ 1) === (word ^ 1) >>> 0 && (word & 0x7f800000) > 0x01000000);
    if (at < 0) continue;
    bits[at] = ((bits[at] as number) ^ 1) >>> 0;
    return;
  }
  throw new Error('this state has no weight with a last bit to flip');
}

const sizesOf = (program: Program) => sharedTensors(program).map(({ elements }) => elements);

/** The delta's tensors (T6) as exponents and values of each tensor. */
function pairsOf(tensors: readonly Bits[]): QuantisedTensor[] {
  const signed = tensors.map((bits) => new Int32Array(bits));
  return signed.flatMap((exponents, k) => (k % 2 === 0 ? [{ exponents, quantised: signed[k + 1] as Int32Array }] : []));
}

interface OpenLie {
  readonly material: JobMaterial;
  readonly program: Program;
  readonly dataset: Dataset;
  readonly kept: Map<string, readonly Bits[]>;
  /** What each round began from. */
  readonly starts: Map<string, GlobalState>;
  readonly accounts: Map<string, Account>;
  previous: GlobalState | null;
}

/** An engine that is honest in all but `train`, and keeps the checkpoints of what it really did. */
function engineThatTrains(lie: Lie): TrainingEngine {
  const honest = honestReference();
  let open: OpenLie | null = null;
  return {
    ...honest,
    async open(key, material) {
      await honest.open(key, material);
      const chunks = new Map(material.manifest.chunks.map((hash, k) => [hash, material.chunks[k] as Uint8Array]));
      const dataset = openDataset(material.manifest, { get: async (hash) => chunks.get(hash) as Uint8Array });
      open = { material, program: decodeProgram(material.programBytes), dataset, kept: new Map(), starts: new Map(), accounts: new Map(), previous: null };
    },
    async train(_, round, slot, bytes) {
      if (!open) throw new Error('the job is not open');
      const global = globalOf(open.program, round, bytes);
      open.starts.set(`${round}/${slot}`, lie.startsFrom?.(global, open.previous) ?? global);
      const result = await trainALie(lie, open, global, slot);
      open.previous = global;
      return result;
    },
    async dispute(key, task) {
      if (!open || task.side === 'challenger') return honest.dispute(key, task);
      const { round, slot } = task.game.setting;
      const global = globalOf(open.program, round, task.globalState);
      const account = open.accounts.get(`${round}/${slot}`) ?? lyingAccount(lie, open, global, slot, task);
      open.accounts.set(`${round}/${slot}`, account);
      return disputeTurn(account, task);
    },
    async checkpoint(_, round, slot, checkpoint) {
      const state = open?.kept.get(`${round}/${slot}/${checkpoint}`);
      return state ? encodeTensors(state) : null;
    },
  };
}

/** Lies in the last state of the outer step, and stands by it. */
function engineThatPosts(): TrainingEngine {
  const honest = honestReference();
  let material: JobMaterial | null = null;
  class LyingOuterAccount extends OuterAccount {
    protected override leavesOf(step: number, state: readonly Bits[]) {
      if (step < this.material.spec.stepsPerRound) return super.leavesOf(step, state);
      const told = state.map((bits) => bits.slice());
      flipOneBit(told);
      return super.leavesOf(step, told);
    }
  }
  return {
    ...honest,
    async open(key, given) {
      material = given;
      await honest.open(key, given);
    },
    async next(key, round, bytes, deltas) {
      const { state } = await honest.next(key, round, bytes, deltas);
      const told = decodeTensors(state, globalSizes(sharedTensors(decodeProgram((material as JobMaterial).programBytes))), 'global state');
      flipOneBit(told);
      const lie = encodeTensors(told);
      return { state: lie, root: await honest.globalRoot(key, round + 1, lie) };
    },
    async dispute(key, task) {
      if (!material || !task.deltas || task.side === 'challenger') return honest.dispute(key, task);
      const { spec, manifest, programBytes } = material;
      const program = decodeProgram(programBytes);
      const chunks = new Map(manifest.chunks.map((hash, k) => [hash, material?.chunks[k] as Uint8Array]));
      const dataset = openDataset(manifest, { get: async (hash) => chunks.get(hash) as Uint8Array });
      const counted = task.deltas.toSorted((a, b) => a.slot - b.slot).map(({ slot, bytes }) => ({ slot, tensors: deltaTensors(unpackDelta(bytes, sizesOf(program))) }));
      const { round, endRound } = task.game.setting;
      const globalState = globalOf(program, round, task.globalState);
      return disputeTurn(new LyingOuterAccount({ program, spec, dataset, docket: buildDocket(program, spec, manifest), globalState, endRound, counted }), task);
    },
  };
}

function globalOf(program: Program, round: number, bytes: Uint8Array): GlobalState {
  return { round, tensors: decodeTensors(bytes, globalSizes(sharedTensors(program)), 'global state') };
}

/** The liar stands by what it did: its account of the round is the one that its sealed roots come from. */
function lyingAccount(lie: Lie, { material, program, dataset, starts }: OpenLie, global: GlobalState, slot: number, { sealed }: DisputeTask): Account {
  const { spec, manifest } = material;
  const every = spec.checkpointEvery;
  const rows = createStepInputs(program, spec, dataset);
  const start = starts.get(`${global.round}/${slot}`) ?? global;
  class LyingAccount extends Account {
    override inputsAt(step: number) {
      return rows.at(global.round, lie.rowsOf?.(slot, spec.slots) ?? slot, step);
    }

    protected override tellStep(step: number, state: readonly Bits[], inputs: readonly Bits[]) {
      const told = super.tellStep(step, state, inputs);
      const segment = Math.floor(step / every);
      if (segment === lie.skips) return { ...told, after: state };
      const after = told.after?.map((bits) => bits.slice()) ?? null;
      if (after && (step + 1) % every === 0) lie.afterSegment?.(after, segment, spec.stepsPerRound / every);
      return { ...told, after };
    }

    override tellDelta(tracer: StepTracer, inputs: readonly Bits[]) {
      const told = super.tellDelta(tracer, inputs);
      return lie.quantises && told.tensors ? { ...told, tensors: deltaTensors(unpackDelta(lie.quantises(packDelta(pairsOf(told.tensors))), sizesOf(program))) } : told;
    }
  }
  const docket = buildDocket(program, spec, manifest);
  const account = new LyingAccount({ program, spec, dataset, docket, globalState: global, slot }, (checkpoint) => sealed?.salts[checkpoint] as Hash);
  account.know(0, startState(program, start));
  return account;
}

async function trainALie(lie: Lie, { material, program, dataset, kept, previous }: OpenLie, global: GlobalState, slot: number): Promise<RoundResult> {
  const { spec } = material;
  const { round } = global;
  const every = spec.checkpointEvery;
  const segments = spec.stepsPerRound / every;
  const inputs = createStepInputs(program, spec, dataset);
  const rowsOf = lie.rowsOf?.(slot, spec.slots) ?? slot;
  const run = await referenceExecutor.prepare(program);
  let state = startState(program, lie.startsFrom?.(global, previous) ?? global);
  const roots: Hash[] = [];
  const seal = (checkpoint: number) => {
    roots.push(stateRoot({ round, slot, step: checkpoint * every }, state));
    kept.set(`${round}/${slot}/${checkpoint}`, state);
  };
  seal(0);
  for (let segment = 0; segment < segments; segment++) {
    if (segment !== lie.skips) {
      await run.load(state);
      await runSteps(run, inputs, { round, slot: rowsOf, from: segment * every, to: (segment + 1) * every }, {});
      state = (await run.state()).map((bits) => bits.slice());
      lie.afterSegment?.(state, segment, segments);
    }
    seal(segment + 1);
  }
  run.dispose();
  const honest = await makeDelta(referenceExecutor, program, global, slot, state);
  const delta = (lie.quantises?.(honest.bytes) ?? honest.bytes) as Uint8Array<ArrayBuffer>;
  const proposalRoot = proposalRootOf(round, slot, deltaTensors(unpackDelta(delta, sizesOf(program))));
  return { checkpointRoots: roots, proposalRoot, delta, deltaHash: toHash(sha256(delta)), loss: 1, accuracy: null, stepMs: 1, poison: null };
}
