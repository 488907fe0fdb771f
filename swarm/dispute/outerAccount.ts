/** One party's version of the outer step (SPEC T5, D6 10): one step a counted slot, from G_r to the next G. */
import type { Bits } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import { tensorRoot } from '#engine/program/tensorRoot.ts';
import { hashBytes } from '#swarm/protocol/hex.ts';
import type { Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';
import type { Opening } from '#swarm/protocol/checkpointTree.ts';
import { headerHash, NONE } from '#swarm/protocol/stateRoot.ts';
import type { Dataset } from '#swarm/training/dataset.ts';
import type { GlobalState } from '#swarm/training/globalState.ts';
import { outerProgram } from '#swarm/training/outerStep.ts';
import { Account, type ShownInput } from './account.ts';
import type { Docket } from './docket.ts';
import { MerkleTree, ZERO_HASH } from './merkleTree.ts';

/** A counted slot's delta, as `deltaTensors` gives it. */
export interface CountedProposal {
  readonly slot: number;
  readonly tensors: readonly Bits[];
}

export interface OuterMaterial {
  readonly program: Program;
  readonly spec: JobSpec;
  readonly dataset: Dataset;
  /** Of the job. */
  readonly docket: Docket;
  /** G_r of the newest round before that has one on chain. */
  readonly globalState: GlobalState;
  /** Round of the posted root. */
  readonly endRound: number;
  /** In slot order. */
  readonly counted: readonly CountedProposal[];
}

export class OuterAccount extends Account {
  readonly #counted: readonly CountedProposal[];
  readonly #endRound: number;

  constructor({ counted, endRound, ...material }: OuterMaterial) {
    const { program, spec, docket } = material;
    super({
      ...material,
      program: outerProgram(program, spec.outer),
      // One segment, with a step for each counted slot.
      spec: { ...spec, stepsPerRound: counted.length, checkpointEvery: counted.length },
      docket: docket.outer as Docket,
      slot: NONE,
    });
    this.#counted = counted;
    this.#endRound = endRound;
  }

  protected override startOf(): readonly Bits[] {
    const { program, globalState, docket } = this.material;
    const sums = program.state.slice(docket.job.globals).map(({ tensor }) => new Uint32Array(docket.facts.tensor[tensor]?.elements ?? 0));
    return [...globalState.tensors, ...sums];
  }

  override async inputsAt(step: number): Promise<readonly Bits[]> {
    const count = this.#counted.length;
    return [...(this.#counted[step]?.tensors ?? []), new Uint32Array(Float32Array.of(count).buffer), Uint32Array.of(step === count - 1 ? 1 : 0)];
  }

  /** After the last step only G is left, as the root that is posted has it. */
  protected override leavesOf(step: number, state: readonly Bits[]): Uint8Array[] {
    const { docket } = this.material;
    if (step < this.#counted.length) return super.leavesOf(step, state);
    const tensors = state.slice(0, docket.job.globals);
    return [headerHash({ round: this.#endRound, slot: NONE, step: 0 }, tensors.length), ...tensors.map(tensorRoot)];
  }

  /** Nothing is sealed. */
  override async openCheckpoint(checkpoint: number): Promise<Opening> {
    return { checkpoint, root: await this.rootAt(checkpoint === 0 ? 0 : this.#counted.length), salt: ZERO_HASH, path: [] };
  }

  override async shownInput(step: number, place: number): Promise<ShownInput> {
    const { offset } = this.material.docket.show('input', place).fact;
    const trees = this.#counted.map((one) => this.#proposalTree(one));
    const proposals = new MerkleTree(trees.map(({ root }) => hashBytes(root)));
    const own = trees[step] as MerkleTree;
    return { right: { root: own.node(0, offset), path: own.path(offset) }, proposal: { root: own.root, path: proposals.path(step) } };
  }

  /** H2 over the counted slots' proposals. */
  proposalsRoot(): Hash {
    return new MerkleTree(this.#counted.map((one) => hashBytes(this.#proposalTree(one).root))).root;
  }

  /** What is to be posted. */
  nextRoot(): Promise<Hash> {
    return this.rootAt(this.#counted.length);
  }

  #proposalTree({ slot, tensors }: CountedProposal): MerkleTree {
    return new MerkleTree([headerHash({ round: this.material.globalState.round, slot, step: NONE }, tensors.length), ...tensors.map(tensorRoot)]);
  }
}
