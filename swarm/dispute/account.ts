/**
 * One party's account of a slot's round: every state, step, tensor and prefix as it says they are. An honest one is what the
 * law gives, replayed from G_r or from a kept checkpoint; nothing of it needs to be stored to go on with a game (SPEC D13).
 */
import { bitsToBytes } from '#engine/program/bitsToBytes.ts';
import type { Bits } from '#engine/program/executor.ts';
import type { Operation, Program } from '#engine/program/program.ts';
import { tensorLeaves } from '#engine/program/tensorRoot.ts';
import { openCheckpoint, type Opening } from '#swarm/protocol/checkpointTree.ts';
import type { Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';
import { hashBytes, toHash } from '#swarm/protocol/hex.ts';
import { headerHash, NONE } from '#swarm/protocol/stateRoot.ts';
import type { Dataset } from '#swarm/training/dataset.ts';
import { type GlobalState, startState } from '#swarm/training/globalState.ts';
import { poisonRoot } from '#swarm/training/poison.ts';
import { createStepInputs, type StepInputs } from '#swarm/training/stepInputs.ts';
import { PIECE_BYTES } from './court.ts';
import type { Docket } from './docket.ts';
import { evaluatePoint } from './evaluatePoint.ts';
import { MerkleTree } from './merkleTree.ts';
import { type Prefix, type PrefixMachine, prefixMachine } from './prefixMachine.ts';
import { createStepTracer, readTypes, resultType, type StepTrace, type StepTracer } from './traceStep.ts';

export interface RoundMaterial {
  readonly program: Program;
  readonly spec: JobSpec;
  readonly dataset: Dataset;
  readonly docket: Docket;
  readonly globalState: GlobalState;
  readonly slot: number;
}

/** One step with everything that it reads and writes. */
export interface StepRecord {
  /** In the round. */
  readonly step: number;
  readonly trace: StepTrace;
  readonly inputsTree: MerkleTree;
  readonly traceTree: MerkleTree;
  /** H4 of the state before. */
  readonly beforeTree: MerkleTree;
  /** Pieces of a tensor (H3). */
  tensorTree(tensor: number): MerkleTree;
  /** The 1024 bytes of one piece. */
  pieceOf(tensor: number, piece: number): Uint8Array;
}

export interface ShownRoot {
  readonly root: Hash;
  readonly path: readonly Hash[];
}

export interface ShownInput {
  readonly right: ShownRoot;
  readonly proposal: ShownRoot | null;
}

/** Runs the steps from one checkpoint to the next by other means than the tracer, faster and with the same bits. Null: poison. */
export type Leap = (from: number, state: readonly Bits[], to: number) => Promise<readonly Bits[] | null>;

export function pieceOfBits(bits: Bits, piece: number): Uint8Array {
  const padded = new Uint8Array(PIECE_BYTES);
  padded.set(bitsToBytes(bits).subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES));
  return padded;
}

export class Account {
  readonly material: RoundMaterial;
  /** Steps executed so far: what a dispute costs this side. */
  executed = 0;
  readonly #leap: Leap | null;
  readonly #salt: (checkpoint: number) => Hash;
  #inputs: StepInputs | null = null;
  protected readonly tracer: StepTracer;
  readonly #states = new Map<number, readonly Bits[] | null>();
  readonly #leaves = new Map<number, readonly Uint8Array[] | null>();
  #record: StepRecord | null = null;
  #sealed: readonly Hash[] | null = null;

  /** `salt`: of the solver's checkpoints; a challenger has none of its own. */
  constructor(material: RoundMaterial, salt: (checkpoint: number) => Hash = () => toHash(new Uint8Array(32)), leap: Leap | null = null) {
    this.material = material;
    this.#leap = leap;
    this.#salt = salt;
    this.tracer = createStepTracer(material.program);
  }

  /** A state that was kept, so that the round need not be replayed to it. Its root must have been checked. Null: poison. */
  know(step: number, state: readonly Bits[] | null): void {
    this.#states.set(step, state);
  }

  /** Roots of checkpoints 0..C as they were sealed by this party itself: they need not be computed again. */
  knowSealed(roots: readonly Hash[]): void {
    this.#sealed = roots;
  }

  protected startOf(): readonly Bits[] {
    return startState(this.material.program, this.material.globalState);
  }

  /** What a step makes of a state. Null after it: poison (T7). */
  protected tellStep(_step: number, state: readonly Bits[], inputs: readonly Bits[]): { trace: StepTrace; after: readonly Bits[] | null } {
    const trace = this.tracer.trace(state, inputs);
    return { trace, after: trace.poison ? null : trace.after };
  }

  protected leavesOf(step: number, state: readonly Bits[]): Uint8Array[] {
    const { globalState, slot } = this.material;
    return [headerHash({ round: globalState.round, slot, step }, state.length), ...state.map((bits) => new MerkleTree(tensorLeaves(bits)).root).map(hashBytes)];
  }

  /** Bits of `program.inputs`. Errors: those of the dataset. */
  async inputsAt(step: number): Promise<readonly Bits[]> {
    const { program, spec, dataset } = this.material;
    this.#inputs ??= createStepInputs(program, spec, dataset);
    return this.#inputs.at(this.material.globalState.round, this.material.slot, step);
  }

  /** After `step` steps of the round. Null: poison. */
  async stateAt(step: number): Promise<readonly Bits[] | null> {
    if (!this.#states.has(0)) this.#states.set(0, this.startOf());
    let at = step;
    while (!this.#states.has(at)) at--;
    let state = this.#states.get(at) as readonly Bits[] | null;
    const every = this.material.spec.checkpointEvery;
    for (; this.#leap && at % every === 0 && at + every <= step; at += every) {
      state = state && (await this.#leap(at, state, at + every));
      this.executed += every;
      this.#states.set(at + every, state);
    }
    for (; at < step; at++) {
      if (state) {
        state = this.tellStep(at, state, await this.inputsAt(at)).after;
        this.executed++;
      }
      this.#states.set(at + 1, state);
      // One state between checkpoints is enough to go on from; all of them would be a round's worth of models.
      if (at % every !== 0) this.#states.delete(at);
    }
    return state;
  }

  /** H4's leaves after `step` steps: header, tensor roots. Null: poison. */
  async leavesAt(step: number): Promise<readonly Uint8Array[] | null> {
    const known = this.#leaves.get(step);
    if (known !== undefined) return known;
    const state = await this.stateAt(step);
    const leaves = state && this.leavesOf(step, state);
    this.#leaves.set(step, leaves);
    return leaves;
  }

  async rootAt(step: number): Promise<Hash> {
    const { globalState, slot } = this.material;
    const leaves = await this.leavesAt(step);
    return leaves ? new MerkleTree(leaves).root : poisonRoot({ round: globalState.round, slot, step });
  }

  /** True where the step that begins after `step` steps is poison, or a step before it was. */
  async isPoisonAfter(step: number): Promise<boolean> {
    return (await this.leavesAt(step + 1)) === null;
  }

  /** What the delta's step makes of start and end (T4), poison or not. */
  tellDelta(tracer: StepTracer, inputs: readonly Bits[]): { readonly trace: StepTrace; readonly tensors: readonly Bits[] | null } {
    const trace = tracer.trace([], inputs);
    const made = this.material.docket.delta?.facts.state.map(({ next }) => trace.tensors[next] as Bits) ?? [];
    return { trace, tensors: trace.poison ? null : made };
  }

  /** What a round that is poison hands in (T7). */
  tellPoisonedDelta(nothing: readonly Bits[]): readonly Bits[] {
    return nothing;
  }

  /** First leaf of the proposal (T6). */
  deltaHeader(tensors: number): Uint8Array {
    const { globalState, slot } = this.material;
    return headerHash({ round: globalState.round, slot, step: NONE }, tensors);
  }

  /** An input that is a tensor of a state or of a proposal, in that. Errors: RangeError where the Program has none such. */
  async shownInput(_step: number, place: number): Promise<ShownInput> {
    throw new RangeError(`input ${place} is no tensor of a state`);
  }

  /** Roots from step `from` to step `to`, both included. */
  async rootsBetween(from: number, to: number, every = 1): Promise<Hash[]> {
    const roots: Hash[] = [];
    for (let step = from; step <= to; step += every) roots.push(await this.rootAt(step));
    return roots;
  }

  async checkpointRoots(): Promise<readonly Hash[]> {
    if (this.#sealed) return this.#sealed;
    const { stepsPerRound, checkpointEvery } = this.material.spec;
    return this.rootsBetween(0, stepsPerRound, checkpointEvery);
  }

  async openCheckpoint(checkpoint: number): Promise<Opening> {
    const roots = await this.checkpointRoots();
    return openCheckpoint(
      roots,
      roots.map((_, c) => this.#salt(c)),
      checkpoint,
    );
  }

  salts(): Hash[] {
    return Array.from({ length: this.material.spec.stepsPerRound / this.material.spec.checkpointEvery + 1 }, (_, c) => this.#salt(c));
  }

  /** Only for a step that begins with a state, not with poison. */
  async recordOf(step: number): Promise<StepRecord> {
    if (this.#record?.step === step) return this.#record;
    const { program } = this.material;
    const state = await this.stateAt(step);
    const before = await this.leavesAt(step);
    if (!state || !before) throw new RangeError(`step ${step} begins with poison: it has no record`);
    const { trace } = this.tellStep(step, state, await this.inputsAt(step));
    this.executed++;
    const trees = new Map<number, MerkleTree>();
    const tensorTree = (tensor: number) => {
      const tree = trees.get(tensor) ?? new MerkleTree(tensorLeaves(trace.tensors[tensor] as Bits));
      trees.set(tensor, tree);
      return tree;
    };
    const rootsOf = (tensors: readonly number[]) => new MerkleTree(tensors.map((tensor) => hashBytes(tensorTree(tensor).root)));
    this.#record = {
      step,
      trace,
      inputsTree: rootsOf(program.inputs.map(({ tensor }) => tensor)),
      traceTree: rootsOf(program.operations.map(({ out }) => out)),
      beforeTree: new MerkleTree(before),
      tensorTree,
      pieceOf: (tensor, piece) => pieceOfBits(trace.tensors[tensor] as Bits, piece),
    };
    return this.#record;
  }

  machineOf(k: number): PrefixMachine | null {
    const { program } = this.material;
    const operation = program.operations[k] as Operation;
    if (operation.reduce === 'none') return null;
    const terms = operation.extents.reduce((product, extent) => product * extent, 1);
    return prefixMachine({ reduce: operation.reduce, profile: program.profile, dtype: resultType(program, k), terms });
  }

  /** Bits of the body's results of operation `k` at (element, term). */
  protected valuesAt(record: StepRecord, k: number, element: number, term: number): readonly number[] {
    const { program } = this.material;
    const operation = program.operations[k] as Operation;
    const word = (read: number, place: number) => record.trace.tensors[operation.reads[read]?.tensor ?? -1]?.[place] ?? 0;
    return evaluatePoint(operation, readTypes(program, k), { element, term }, word).results;
  }

  /** P_0..P_n of one element (D5). Errors: RangeError where the operation has no reduction. */
  prefixesOf(record: StepRecord, k: number, element: number): Prefix[] {
    const machine = this.machineOf(k);
    if (!machine) throw new RangeError(`operation ${k} has no prefixes`);
    const prefixes: Prefix[] = [machine.start];
    for (let j = 0; j < machine.count; j++) prefixes.push(machine.step(prefixes[j] as Prefix, j, this.valuesAt(record, k, element, machine.term(j))));
    return prefixes;
  }
}
