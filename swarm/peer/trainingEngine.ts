/** The arithmetic that a peer needs, wherever it runs: in a worker beside a GPU, or on the reference executor. */
import type { JobFacts } from '#swarm/dispute/docket.ts';
import type { Action, Game } from '#swarm/dispute/game.ts';
import type { Side } from '#swarm/dispute/transitions.ts';
import type { Address, DatasetManifest, Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';

/** All that is needed to train or check a job, verified against the chain before it gets here. */
export interface JobMaterial {
  readonly spec: JobSpec;
  readonly programBytes: Uint8Array;
  readonly manifest: DatasetManifest;
  /** The dataset's chunks, in order. */
  readonly chunks: readonly Uint8Array[];
}

/** What a trained round comes to. Checkpoint roots stay with the solver until they are opened. */
export interface RoundResult {
  /** C + 1 roots, checkpoint 0 first. */
  readonly checkpointRoots: readonly Hash[];
  readonly proposalRoot: Hash;
  readonly delta: Uint8Array;
  readonly deltaHash: Hash;
  /** Mean loss and accuracy over the round's steps; accuracy is null where the Program has none. */
  readonly loss: number;
  readonly accuracy: number | null;
  /** Wall time per step, milliseconds. */
  readonly stepMs: number;
  /** Why the numbers stopped being finite, in words, or null (T7). */
  readonly poison: string | null;
}

export interface StepReport {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly accuracy: number | null;
  readonly stepMs: number;
}

/** Commitment fields that bind a delta (R2). */
export interface DeltaClaim {
  readonly slot: number;
  readonly deltaHash: Hash;
  readonly proposalRoot: Hash;
}

export interface ReplayStart {
  /** G_r, checked against the chain. */
  readonly globalState: Uint8Array;
  /** The state at checkpoint `segment` with the root that its solver sealed; null replays all segments from G_r. */
  readonly checkpoint: { readonly root: Hash; readonly state: Uint8Array } | null;
}

export interface Replayed {
  /** Root of checkpoint segment + 1. */
  readonly root: Hash;
  /** What the auditor attests (A3). */
  readonly target: Hash;
  /** Only for the last segment. */
  readonly proposalRoot: Hash | null;
  readonly deltaHash: Hash | null;
  readonly steps: number;
}

/** Facts with their path in their docket. */
export interface ShownFacts {
  readonly facts: JobFacts;
  readonly path: readonly Hash[];
}

export interface CourtFacts extends ShownFacts {
  readonly delta: ShownFacts;
  readonly outer: ShownFacts;
}

/** One side's turn in a dispute about a slot's round (SPEC D13). */
export interface DisputeTask {
  readonly side: Side;
  /** This side's address. */
  readonly actor: Address;
  readonly game: Game;
  readonly log: readonly Action[];
  /** Seconds of block time. */
  readonly now: number;
  /** G_r, checked against the chain. */
  readonly globalState: Uint8Array;
  /** What the defender sealed itself (R4): of checkpoints 0..C. */
  readonly sealed: { readonly roots: readonly Hash[]; readonly salts: readonly Hash[] } | null;
  /** About a posted root: the counted slots' deltas. */
  readonly deltas: readonly (DeltaClaim & { readonly bytes: Uint8Array })[] | null;
}

/** `job` is any key that `open` was given. States are blobs: little-endian tensors in the order of SPEC H4. */
export interface TrainingEngine {
  readonly device: string;
  open(job: string, material: JobMaterial): Promise<void>;
  /** Goes on where an earlier run of the same round was cut off, where its newest checkpoint was kept; the result is the same. */
  train(job: string, round: number, slot: number, globalState: Uint8Array, onStep: (report: StepReport) => void, signal?: AbortSignal): Promise<RoundResult>;
  /** The round's result is on record: what was kept to go on with it is deleted. */
  release(job: string, round: number, slot: number): Promise<void>;
  /** State of a checkpoint of a round trained here, or null when it was not kept. */
  checkpoint(job: string, round: number, slot: number, checkpoint: number): Promise<Uint8Array | null>;
  /** Errors: a checkpoint state that does not have its root. */
  replay(job: string, round: number, slot: number, segment: number, start: ReplayStart, onStep?: (report: StepReport) => void): Promise<Replayed>;
  /** What the court knows of the job, and of the Programs that quantise and that make the next G (D1). */
  facts(job: string): Promise<CourtFacts>;
  /** Moves for one transaction, by the reference executor; null where there is nothing to say. Errors: Refusal where its own moves do not hold. */
  dispute(job: string, task: DisputeTask): Promise<readonly Action[] | null>;
  /** R3. Errors: says what does not fit when the bytes do not hash to the claim or G_r + delta has another proposal root. */
  checkDelta(job: string, round: number, globalState: Uint8Array, claim: DeltaClaim, delta: Uint8Array): Promise<void>;
  /** G_{r+1} from the counted slots' deltas in slot order (T5). */
  next(
    job: string,
    round: number,
    globalState: Uint8Array,
    deltas: readonly (DeltaClaim & { readonly bytes: Uint8Array })[],
  ): Promise<{ readonly state: Uint8Array; readonly root: Hash }>;
  /** Root of a global state blob: compare it with the chain. Errors: a blob of the wrong size. */
  globalRoot(job: string, round: number, state: Uint8Array): Promise<Hash>;
  close(job: string): void;
}
