/** One party's version of the delta's step (SPEC D6 9): start and end of the round go in, the proposal's tensors come out. */
import type { Bits } from '#engine/program/executor.ts';
import { tensorLeaves, tensorRoot } from '#engine/program/tensorRoot.ts';
import { hashBytes } from '#swarm/protocol/hex.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { headerHash, NONE } from '#swarm/protocol/stateRoot.ts';
import { sharedTensors } from '#swarm/training/globalState.ts';
import { quantiseProgram } from '#swarm/training/quantiseDelta.ts';
import { Account, type ShownInput } from './account.ts';
import type { Docket, StateFacts } from './docket.ts';
import type { Game } from './game.ts';
import { MerkleTree } from './merkleTree.ts';
import { isDelta } from './walkMoves.ts';
import { createStepTracer, type StepTracer } from './traceStep.ts';

export class DeltaAccount extends Account {
  readonly #round: Account;
  readonly #quantising: StepTracer;
  #told: { readonly tensors: readonly Bits[]; readonly poison: boolean } | null = null;

  constructor(round: Account) {
    const { material } = round;
    super({ ...material, program: quantiseProgram(material.program), docket: material.docket.delta as Docket });
    this.#round = round;
    this.#quantising = createStepTracer(this.material.program);
  }

  /** Its number: the steps of the round. */
  get step(): number {
    return this.material.spec.stepsPerRound;
  }

  override async inputsAt(): Promise<readonly Bits[]> {
    const { globalState } = this.material;
    const end = (await this.#round.stateAt(this.step)) as readonly Bits[];
    return sharedTensors(this.#round.material.program).flatMap(({ stateIndex }, k) => [globalState.tensors[k] as Bits, end[stateIndex] as Bits]);
  }

  protected override tellStep(_step: number, _state: readonly Bits[], inputs: readonly Bits[]) {
    const told = this.#round.tellDelta(this.#quantising, inputs);
    return { trace: told.trace, after: told.trace.poison ? null : told.tensors };
  }

  /** Null where the round was poison before its end: there is no step. */
  override async stateAt(step: number): Promise<readonly Bits[] | null> {
    if (step === this.step) return (await this.#round.stateAt(step)) && [];
    return (await this.#tell()).tensors;
  }

  override async isPoisonAfter(): Promise<boolean> {
    return (await this.#tell()).poison;
  }

  async #tell() {
    if (this.#told) return this.#told;
    const end = await this.#round.stateAt(this.step);
    const told = end && this.#round.tellDelta(this.#quantising, await this.inputsAt());
    // T7: what a poisoned round hands in.
    const filled = () => this.material.docket.facts.state.map((fact: StateFacts) => new Uint32Array(this.material.docket.facts.tensor[fact.next]?.elements ?? 0).fill(fact.fill));
    this.#told = { tensors: told?.tensors ?? this.#round.tellPoisonedDelta(filled()), poison: !told || told.trace.poison !== null };
    return this.#told;
  }

  protected override leavesOf(step: number, state: readonly Bits[]): Uint8Array[] {
    if (step === this.step) return [];
    return [this.#round.deltaHeader(state.length), ...state.map((bits) => new MerkleTree(tensorLeaves(bits)).root).map(hashBytes)];
  }

  override async shownInput(_step: number, place: number): Promise<ShownInput> {
    const { fact } = this.material.docket.show('input', place);
    const { globalState } = this.material;
    const ofGlobal = () => [headerHash({ round: globalState.round, slot: NONE, step: 0 }, globalState.tensors.length), ...globalState.tensors.map(tensorRoot)];
    const leaves = fact.source === 'global' ? ofGlobal() : ((await this.#round.leavesAt(this.step)) as readonly Uint8Array[]);
    const tree = new MerkleTree(leaves);
    return { right: { root: tree.node(0, fact.offset), path: tree.path(fact.offset) }, proposal: null };
  }

  /** T6. */
  proposalRoot(): Promise<Hash> {
    return this.rootAt(this.step + 1);
  }
}

const deltas = new WeakMap<Account, DeltaAccount>();

/** The same one for the same account. */
export function deltaOf(round: Account): DeltaAccount {
  const known = deltas.get(round) ?? new DeltaAccount(round);
  deltas.set(round, known);
  return known;
}

/** The account of those steps that the game is about now. */
export function accountIn(game: Game, round: Account): Account {
  return isDelta(game) ? deltaOf(round) : round;
}
