/** One dispute about one slot's round (SPEC D6 to D11): what the contract keeps of it, and what moves say. Moves never change a game, they make the next one. */
import type { Opening } from '#swarm/protocol/checkpointTree.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { ShownPoint, ShownRow, ShownWord, Witness } from './court.ts';
import { isJob, type JobFacts, type Shown, type StateFacts, type TensorFacts, type InputFacts } from './docket.ts';
import type { Prefix, Reduction } from './prefixMachine.ts';
import { require } from './refusal.ts';
import type { Phase, Side } from './transitions.ts';

/** Lists that the defender has a root of, and that may have to be walked (D9). `start` and `after` are states (H4). */
export type ListName = 'steps' | 'start' | 'after' | 'inputs' | 'trace' | 'tensor' | 'prefixes';

export interface GameSetting {
  readonly docketRoot: Hash;
  readonly job: JobFacts;
  readonly round: number;
  readonly slot: number;
  /** Root of G_r, and what the slot has committed (R2); of an outer step, over the counted slots' proposals. */
  readonly globalRoot: Hash;
  readonly checkpointsRoot: Hash;
  /** What it leads to: the slot's proposal (T6), or the posted root. */
  readonly endRoot: Hash;
  /** Of an outer step (D6 10): how many slots count. Null for a slot's round. */
  readonly counted: number | null;
  /** Of an outer step: the round that the posted root is of; else 0. */
  readonly endRound: number;
  /** Segment that an audit has named, or null. */
  readonly segment: number | null;
  readonly clockSeconds: number;
  /** b of D11. */
  readonly bondWei: bigint;
  /** The defender's b, where it is another: 0 where a slot's stake stands for it already. */
  readonly defenderBondWei?: bigint;
  readonly challenger: string;
  readonly defender: string;
}

export interface Node {
  readonly height: number;
  readonly index: number;
}

/** The tensor that is disputed: an input's, or what an operation writes. */
export interface Named {
  readonly kind: 'input' | 'operation';
  readonly place: number;
  readonly root: Hash;
  readonly elements: number;
  /** Null for an input and for a plain operation. */
  readonly reduction: Omit<Reduction, 'dtype' | 'profile'> | null;
}

export interface Result {
  readonly winner: Side;
  readonly why: string;
}

/** What the steps are: those of the round; the delta's only one (D6 9), or none, since the round was poison before the delta; the outer step's, one a counted slot. */
export const STEPS = ['round', 'delta', 'deltaOfPoison', 'outer'] as const;

export interface Game {
  /** From the claim of a delta on, docket and facts are those of the Program that quantises. */
  readonly setting: GameSetting;
  readonly steps: (typeof STEPS)[number];
  /** The defender says that its delta is that of poison. */
  readonly poisonedDelta: boolean;
  readonly phase: Phase;
  /** Seconds left, as of `since`. */
  readonly clock: Readonly<Record<Side, number>>;
  readonly since: number;
  readonly bondedWei: Readonly<Record<Side, bigint>>;
  /** The halving of checkpoints: agreed, disputed, and the one that is asked for or was last shown. */
  readonly halving: { readonly low: number; readonly high: number; readonly asked: number | null };
  readonly segment: number;
  /** Roots of the checkpoints on both sides of the segment, and over the state roots between them. */
  readonly ends: readonly [Hash, Hash] | null;
  readonly stepsRoot: Hash | null;
  /** In the round; the state roots on both sides of it. */
  readonly step: number;
  readonly before: Hash | null;
  readonly after: Hash | null;
  readonly inputsRoot: Hash | null;
  readonly traceRoot: Hash | null;
  readonly named: Named | null;
  readonly element: number;
  readonly value: number;
  readonly prefixesRoot: Hash | null;
  readonly walked: Readonly<Partial<Record<ListName, Node>>>;
  readonly demanded: (Node & { readonly list: ListName; readonly node: Hash; readonly from: Phase }) | null;
  readonly result: Result | null;
}

interface ShownRoot {
  readonly root: Hash;
  readonly path: readonly Hash[];
}

export type Action =
  | { readonly kind: 'chooseSegment'; readonly segment: number }
  /** `agreed`: with the checkpoint that was last shown; null where none was. */
  | { readonly kind: 'askCheckpoint'; readonly agreed: boolean | null }
  | { readonly kind: 'revealCheckpoint'; readonly opening: Opening }
  | {
      readonly kind: 'openSegment';
      readonly openings: readonly [Opening, Opening];
      readonly stepsRoot: Hash;
      readonly firstPath: readonly Hash[];
      readonly lastPath: readonly Hash[];
    }
  /** `step` counts in the segment. */
  | { readonly kind: 'openStep'; readonly step: number; readonly before: ShownRoot; readonly after: ShownRoot }
  /** The header of s_0 where `state` is null. `global`: the shared tensor's root in G_r. */
  | {
      readonly kind: 'faultStart';
      readonly leaf: ShownRoot;
      readonly state: { readonly place: number; readonly fact: Shown<StateFacts>; readonly tensor: Shown<TensorFacts>; readonly global: ShownRoot | null } | null;
    }
  | { readonly kind: 'claimStep'; readonly inputsRoot: Hash; readonly traceRoot: Hash; readonly witness: Witness | null }
  | { readonly kind: 'faultHeader'; readonly leaf: ShownRoot }
  /** `leaf`: in the state after; `right`: of the slot's next, where it comes from. */
  | {
      readonly kind: 'faultState';
      readonly place: number;
      readonly fact: Shown<StateFacts>;
      readonly next: Shown<TensorFacts>;
      readonly leaf: ShownRoot;
      readonly right: ShownRoot;
    }
  | { readonly kind: 'faultPoison'; readonly witness: Witness }
  /** `facts`: of the Program that quantises. Roots are zero where the round was poison before its end. */
  | {
      readonly kind: 'claimDelta';
      readonly facts: Shown<JobFacts>;
      readonly opening: Opening;
      readonly inputsRoot: Hash;
      readonly traceRoot: Hash;
      readonly witness: Witness | null;
    }
  /** `leaf`: among the inputs; `right`: in the state, or in the proposal, that the input is of; `proposal`: among the proposals. */
  | {
      readonly kind: 'faultInput';
      readonly place: number;
      readonly fact: Shown<InputFacts>;
      readonly leaf: ShownRoot;
      readonly right: ShownRoot;
      readonly proposal: ShownRoot | null;
    }
  | { readonly kind: 'nameInput'; readonly place: number; readonly leaf: ShownRoot; readonly fact: Shown<InputFacts>; readonly tensor: Shown<TensorFacts> }
  | { readonly kind: 'nameOperation'; readonly place: number; readonly leaf: ShownRoot; readonly bytes: Shown<Uint8Array> }
  | {
      readonly kind: 'nameWord';
      readonly element: number;
      readonly piece: Uint8Array;
      readonly piecePath: readonly Hash[];
      /** What the right value follows from: of an input, of an operation without a reduction, or null. */
      readonly input: {
        readonly fact: Shown<InputFacts>;
        readonly tensor: Shown<TensorFacts>;
        readonly row: ShownRow | null;
        readonly schedule: ShownWord | null;
      } | null;
      readonly operation: { readonly bytes: Shown<Uint8Array>; readonly shown: ShownPoint } | null;
    }
  | { readonly kind: 'commitPrefixes'; readonly root: Hash; readonly firstPath: readonly Hash[]; readonly last: Prefix; readonly lastPath: readonly Hash[] }
  | {
      readonly kind: 'openTerm';
      readonly step: number;
      readonly before: { readonly prefix: Prefix; readonly path: readonly Hash[] };
      readonly after: { readonly prefix: Prefix; readonly path: readonly Hash[] };
      readonly bytes: Shown<Uint8Array>;
      readonly shown: ShownPoint;
    }
  /** `path`: of the node, in the level that it stands in. */
  | { readonly kind: 'demand'; readonly list: ListName; readonly height: number; readonly index: number; readonly node: Hash; readonly path: readonly Hash[] }
  | { readonly kind: 'answer'; readonly children: readonly Hash[] }
  | { readonly kind: 'answer'; readonly content: Uint8Array }
  | { readonly kind: 'timeout' };

/** `jobPath`: of the job's facts in the docket (D1). Errors: Refusal. */
export function newGame(setting: GameSetting, jobPath: readonly Hash[], now: number): Game {
  const { clockSeconds, segment, job, counted } = setting;
  require(isJob(setting.docketRoot, job, jobPath), 'these are not the facts of the job');
  // An outer step is one segment, whose beginning and end are known.
  const segments = counted === null ? job.stepsPerRound / job.checkpointEvery : 0;
  require(segment === null || (Number.isInteger(segment) && segment >= 0 && segment <= segments), `there is no segment ${segment}`);
  return {
    setting,
    steps: counted === null ? 'round' : 'outer',
    poisonedDelta: false,
    phase: segment === null && counted === null ? 'segment' : 'opening',
    clock: { challenger: clockSeconds, defender: clockSeconds },
    since: now,
    bondedWei: { challenger: 0n, defender: 0n },
    halving: { low: 0, high: counted === null ? segments + 1 : 0, asked: null },
    segment: segment ?? 0,
    ends: null,
    stepsRoot: null,
    step: 0,
    before: null,
    after: null,
    inputsRoot: null,
    traceRoot: null,
    named: null,
    element: 0,
    value: 0,
    prefixesRoot: null,
    walked: {},
    demanded: null,
    result: null,
  };
}
