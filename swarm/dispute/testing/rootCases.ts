/** Disputes about a posted root (SPEC D6 10): random deltas of some slots, and a poster or a challenger that lies. */
import type { Bits } from '#engine/program/executor.ts';
import type { RandomWords } from '#engine/program/randomWords.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import { globalRoot, sharedTensors } from '#swarm/training/globalState.ts';
import { deltaTensors } from '#swarm/training/packDelta.ts';
import { blockCount } from '#swarm/training/quantiseDelta.ts';
import { NONE } from '#swarm/protocol/stateRoot.ts';
import type { RoundMaterial } from '../account.ts';
import type { Docket } from '../docket.ts';
import type { GameSetting } from '../game.ts';
import { type CountedProposal, OuterAccount, type OuterMaterial } from '../outerAccount.ts';
import { randomRound, tinyRound } from './disputeMaterial.ts';
import type { RootLie } from './lies.ts';

/** Deltas that lead nowhere in particular. */
function randomProposals(material: RoundMaterial, random: RandomWords, count: number): CountedProposal[] {
  return Array.from({ length: count }, (_, k) => ({
    slot: 2 * k,
    tensors: deltaTensors(
      sharedTensors(material.program).map(({ elements }) => ({
        exponents: Int32Array.from({ length: blockCount(elements) }, () => -20 + random.below(18)),
        quantised: Int32Array.from({ length: elements }, () => random.below(255) - 127),
      })),
    ),
  }));
}

/** `count` slots count: 0 to 3 unless told. */
export function rootMaterial(random: RandomWords, count = random.below(4)): OuterMaterial {
  const round = random.below(2) === 0 ? tinyRound() : randomRound(random.word());
  const { program, spec, dataset, docket, globalState } = round;
  const counted = randomProposals(round, random, count);
  // Now and then rounds between have no root (R5).
  return { program, spec, dataset, docket, globalState, counted, endRound: globalState.round + 1 + (random.below(4) === 0 ? random.below(3) : 0) };
}

class LyingOuterAccount extends OuterAccount {
  readonly #kind: RootLie;
  readonly #seed: number;
  readonly #steps: number;

  constructor(material: OuterMaterial, kind: RootLie, random: RandomWords) {
    super(material);
    this.#kind = kind;
    this.#seed = random.word();
    this.#steps = material.counted.length;
  }

  #altered(bits: Bits): Bits {
    const wrong = bits.slice();
    const at = this.#seed % wrong.length;
    wrong[at] = ((wrong[at] as number) ^ 0x00100000) >>> 0;
    return wrong;
  }

  protected override tellStep(step: number, state: readonly Bits[], inputs: readonly Bits[]): ReturnType<OuterAccount['tellStep']> {
    if (step !== this.#seed % this.#steps || this.#kind === 'root not of the outer step') return super.tellStep(step, state, inputs);
    if (this.#kind === 'outer step of another delta') {
      const place = this.#seed % inputs.length;
      return super.tellStep(
        step,
        state,
        inputs.map((bits, k) => (k === place ? this.#altered(bits) : bits)),
      );
    }
    if (this.#kind !== 'wrong outer step' && this.#kind !== 'lying challenger of a root') return super.tellStep(step, state, inputs);
    const { operations } = this.material.program;
    const trace = this.tracer.trace(state, inputs, (k, tensors) => {
      const out = operations[k]?.out ?? -1;
      if (k === this.#seed % operations.length) (tensors as Bits[])[out]?.set(this.#altered(tensors[out] as Bits));
    });
    return { trace, after: trace.poison ? null : trace.after };
  }

  protected override leavesOf(step: number, state: readonly Bits[]): Uint8Array[] {
    const changed = step === this.#steps && (this.#kind === 'root not of the outer step' || this.#kind === 'root without slots');
    const tensor = this.#seed % this.material.docket.job.globals;
    const leaves = super.leavesOf(step, changed ? state.map((bits, k) => (k === tensor ? this.#altered(bits) : bits)) : state);
    return step === this.#steps && this.#kind === 'root with a wrong header' ? leaves.map((leaf, k) => (k === 0 ? sha256(leaf) : leaf)) : leaves;
  }
}

export interface RootCase {
  readonly setting: Omit<GameSetting, 'challenger' | 'defender'>;
  readonly docket: Docket;
  readonly truth: OuterAccount;
  readonly liar: OuterAccount;
}

/** A lie that changes the root, about deltas that have one. `honest`: the root that was posted is right. */
export async function rootCase(kind: RootLie, random: RandomWords, honest: boolean): Promise<RootCase> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const counts = { 'root without slots': 0, 'root with a wrong header': random.below(4) } as Partial<Record<RootLie, number>>;
    const material = rootMaterial(random, counts[kind] ?? 1 + random.below(3));
    const truth = new OuterAccount(material);
    const liar = new LyingOuterAccount(material, kind, random);
    const [right, wrong] = [await truth.nextRoot(), await liar.nextRoot()];
    if (kind !== 'reckless challenger of a root' && right === wrong) continue;
    const docket = material.docket.outer as Docket;
    const { globalState } = material;
    const setting = {
      docketRoot: docket.root,
      job: docket.job,
      round: globalState.round,
      slot: NONE,
      globalRoot: globalRoot(globalState),
      checkpointsRoot: truth.proposalsRoot(),
      endRoot: honest ? right : wrong,
      counted: material.counted.length,
      endRound: material.endRound,
      segment: null,
      clockSeconds: 3600,
      bondWei: 1000n,
    };
    return { setting, docket, truth, liar };
  }
  throw new Error(`no lie of kind ${kind} comes about`);
}
