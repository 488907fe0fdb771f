/**
 * What one tab knows and can do, as screens see it. Screens read the signals and call the actions; they import
 * nothing of the chain, the network or the engine. `createTab.ts` makes the real one.
 */
import type { ReadonlySignal } from '@preact/signals';
import type { DisputeView } from '#swarm/protocol/disputeView.ts';
import type { ChainEvent, JobView } from '#swarm/protocol/jobView.ts';
import type { Address, Hash, JobSpec, Task } from '#swarm/protocol/jobSpec.ts';

/** What one compiled pipeline of a job gave beside the law, on the job's own state and data. */
export interface PipelineView {
  /** Of the first operation that it computes. */
  readonly label: string;
  /** Numbers compared, and how many of them differed. */
  readonly values: number;
  readonly different: number;
  /** In words: where the first difference is. */
  readonly first: string | null;
  /** The careful variant: the fast one differed on this device. */
  readonly guarded: boolean;
}

/** The self-test of one job's pipelines. */
export interface JobTest {
  readonly operations: number;
  readonly pipelines: readonly PipelineView[];
}

export interface DeviceView {
  readonly phase: 'checking' | 'ready' | 'refused' | 'none';
  /** `NVIDIA RTX 4070 (Chrome)`, or `CPU (reference)` without WebGPU. */
  readonly name: string;
  /** Plain words: what was found, and what would help if it cannot work. */
  readonly message: string;
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly detail: string }[];
  /** The newest last. */
  readonly jobTests: readonly JobTest[];
  readonly macsPerSecond: number;
  readonly memoryBytes: number;
}

export interface AccountView {
  readonly address: Address;
  readonly kind: 'tab key' | 'wallet';
  readonly balanceWei: bigint;
  readonly stakedWei: bigint;
  /** Settled and ready to claim. */
  readonly creditWei: bigint;
  readonly earnedWei: bigint;
  readonly pendingWei: bigint;
}

export interface NetworkView {
  readonly relay: 'connecting' | 'connected' | 'lost';
  readonly chain: 'connecting' | 'connected' | 'lost';
  readonly peers: readonly { readonly id: string; readonly path: 'direct' | 'relayed' | 'relay' }[];
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** One point a round for everyone; a solver's tab also shows its own steps. */
export interface CurvePoint {
  readonly round: number;
  readonly step: number;
  readonly loss: number;
  readonly accuracy: number | null;
}

export interface JobCard {
  readonly id: bigint;
  readonly spec: JobSpec | null;
  readonly view: JobView;
  readonly events: readonly ChainEvent[];
  readonly curve: readonly CurvePoint[];
  readonly testAccuracy: readonly { readonly round: number; readonly accuracy: number }[];
}

export type WorkPhase = 'idle' | 'self-test' | 'bidding' | 'waiting' | 'downloading' | 'training' | 'sharing' | 'auditing' | 'finished' | 'failed';

/** What this tab does for one job, in plain words. */
export interface WorkView {
  readonly job: bigint;
  readonly phase: WorkPhase;
  readonly message: string;
  readonly slot: number | null;
  readonly round: number;
  readonly step: number;
  readonly stepsPerRound: number;
  readonly stepMs: number;
  readonly progress: { readonly done: number; readonly total: number; readonly unit: string } | null;
  readonly loss: number | null;
  readonly auditsDone: number;
  readonly failure: string | null;
  /** Root of G_r as this tab computed it, by round. */
  readonly roots: Readonly<Record<number, Hash>>;
  /** Rounds whose root this tab had computed before any peer's root of it had reached it, by mesh or by chain. */
  readonly computedAlone: readonly number[];
}

/** Sources of a job's data, as the posting form collects them. */
export type DataSource =
  | { readonly kind: 'mnist' }
  | { readonly kind: 'text'; readonly file: File | string; readonly name: string }
  | { readonly kind: 'csv'; readonly file: File; readonly target: string }
  | { readonly kind: 'images'; readonly files: readonly File[] }
  | { readonly kind: 'link'; readonly address: string; readonly hash: string; readonly format: 'csv' | 'text' | 'zip'; readonly target: string };

export type ModelSource =
  | { readonly kind: 'preset'; readonly name: 'mnist-dense' | 'mnist-cnn' | 'text' }
  | {
      readonly kind: 'layers-model';
      readonly topology: string;
      /** The .bin files next to model.json, in manifest order; empty for fresh weights. */
      readonly weights: readonly File[];
      readonly loss: 'categoricalCrossentropy' | 'sparseCategoricalCrossentropy' | 'meanSquaredError' | 'binaryCrossentropy';
    };

export interface JobDraft {
  readonly title: string;
  readonly model: ModelSource;
  readonly data: DataSource;
  readonly optimizer: { readonly kind: 'sgd' | 'momentum' | 'adam'; readonly learningRate: number };
  readonly batch: number;
  readonly slots: number;
  readonly rounds: number;
  readonly stepsPerRound: number;
  readonly checkpointEvery: number;
  readonly roundSeconds: number;
  /** Fraction 0..1 of slot rounds audited. */
  readonly auditRate: number;
  readonly maxPriceWei: bigint;
  readonly auditFeeWei: bigint;
  readonly stakePerSlotWei: bigint;
  readonly minMacsPerSecond: number;
  readonly minMemoryBytes: number;
  readonly licence: string;
}

export interface Estimate {
  readonly programHash: Hash;
  readonly operations: number;
  readonly parameters: number;
  readonly flopsPerRound: number;
  readonly deltaBytesPerRound: number;
  readonly datasetBytes: number;
  readonly peakBytes: number;
  readonly costWei: bigint;
}

/** A draft that was captured and validated, ready to post. */
export interface PreparedJob {
  readonly draft: JobDraft;
  readonly estimate: Estimate;
}

export type Receipt = {
  readonly job: bigint;
  readonly round: number;
  readonly slot: number;
  readonly segment: number;
};

export interface ReplayResult {
  readonly verdict: 'MATCH' | 'MISMATCH';
  readonly claimed: Hash;
  readonly computed: Hash;
  readonly steps: number;
  readonly device: string;
  readonly milliseconds: number;
}

/** Trained weights in a form that a screen can try: runs on stock tfjs. */
export interface TrainedModel {
  readonly task: Task;
  /** digits, images, table: class probabilities for one row of features. */
  classify(features: Float32Array): Promise<Float32Array>;
  /** text: goes on from the prompt. `onText` gets each piece as it comes. */
  continueText(prompt: string, length: number, onText: (piece: string) => void): Promise<void>;
  dispose(): void;
}

export interface TabModel {
  readonly device: ReadonlySignal<DeviceView>;
  readonly account: ReadonlySignal<AccountView>;
  readonly network: ReadonlySignal<NetworkView>;
  readonly jobs: ReadonlySignal<readonly JobCard[]>;
  readonly work: ReadonlySignal<readonly WorkView[]>;
  /** Newest first; what happened to this tab, in plain words. */
  readonly journal: ReadonlySignal<readonly { readonly time: number; readonly text: string; readonly bad: boolean }[]>;

  /** Progress is in words and a fraction. Errors are meant to be shown as they are. */
  prepare(draft: JobDraft, onProgress: (text: string, fraction: number) => void): Promise<PreparedJob>;
  post(job: PreparedJob, onProgress: (text: string, fraction: number) => void): Promise<bigint>;
  /** Bids for a slot (train) and or enlists as an auditor (verify) in the given job, or in every open one. */
  contribute(options: { readonly job?: bigint; readonly train: boolean; readonly verify: boolean; readonly priceWei: bigint | null }): Promise<void>;
  stopContributing(): Promise<void>;
  claim(): Promise<void>;
  exportKey(): string;
  restoreKey(key: string): Promise<void>;
  connectWallet(): Promise<void>;
  /** Who may answer in disputes for this account. */
  readStandIn(): Promise<string | null>;
  /** Names it on chain. Gives the file that it needs. Errors: no address. */
  nameStandIn(address: string): Promise<Uint8Array>;
  dismissStandIn(): Promise<void>;
  fundFromFaucet(): Promise<void>;
  replay(receipt: Receipt, onProgress: (text: string, fraction: number) => void): Promise<ReplayResult>;
  /** `id`: of the game on chain, in decimal. Errors are meant to be shown as they are. */
  dispute(id: string): Promise<DisputeView>;
  /** Weights of the newest known global state. */
  trained(job: bigint): Promise<TrainedModel>;
  downloadLayersModel(job: bigint): Promise<readonly { readonly name: string; readonly bytes: Uint8Array }[]>;
  downloadSafetensors(job: bigint): Promise<Uint8Array>;
}
