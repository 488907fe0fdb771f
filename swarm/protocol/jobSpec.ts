/** What a job is, as everyone in the mesh reads it: a JSON blob whose SHA-256 stands on chain. */

/** 32 bytes, lower-case hex with 0x. */
export type Hash = `0x${string}`;
export type Address = `0x${string}`;

/** How people look at the data and try the trained model. Never changes a bit of training. */
export type Task =
  /** One grey picture a row, 28 x 28, u8. */
  | { readonly kind: 'digits'; readonly classes: readonly string[] }
  /** Colour or grey pictures, height x width x channels, u8. */
  | { readonly kind: 'images'; readonly height: number; readonly width: number; readonly channels: number; readonly classes: readonly string[] }
  /** Windows of `window + 1` tokens; token k is vocabulary[k]. */
  | { readonly kind: 'text'; readonly vocabulary: string; readonly window: number }
  | { readonly kind: 'table'; readonly features: readonly string[]; readonly target: string; readonly classes: readonly string[] };

/**
 * Values by step of a job, held until the next piece: piece k holds from step `steps[k]` (counted over all rounds) on.
 * Learning rates, mostly. Values are f32, exactly.
 */
export interface Schedule {
  readonly name: string;
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

export interface JobSpec {
  readonly version: 1;
  readonly title: string;
  readonly task: Task;
  /** Program hash (P2) and the blob that holds its canonical bytes. */
  readonly programHash: Hash;
  readonly programBlob: Hash;
  /** G_0: blob of the concatenated tensors (little endian, H4 order) and its root. */
  readonly initialState: Hash;
  readonly initialRoot: Hash;
  /** Blob of the training dataset's manifest; `testDataset` is for curves and is never trained on. */
  readonly dataset: Hash;
  readonly testDataset: Hash | null;
  /** Blob: tfjs topology and weight order, to evaluate and download. Not needed to train or audit. */
  readonly model: Hash;
  readonly slots: number;
  readonly rounds: number;
  readonly stepsPerRound: number;
  readonly checkpointEvery: number;
  readonly batch: number;
  readonly seed: Hash;
  /** For inputs of the Program that are schedules (T3). */
  readonly schedules: readonly Schedule[];
  readonly outer: { readonly learningRate: number; readonly momentum: number; readonly clip: number };
  readonly needs: { readonly memoryBytes: number; readonly macsPerSecond: number };
  /** Shown to everyone who holds the data. */
  readonly licence: string;
}

/** A dataset cut into chunks of rows (H6). */
export interface DatasetManifest {
  readonly version: 1;
  readonly rows: number;
  readonly rowsPerChunk: number;
  /** A row is these columns in order. u8 columns enter Programs as f32 (or i32 for tokens and labels). */
  readonly columns: readonly { readonly name: string; readonly dtype: 'u8' | 'f32' | 'i32'; readonly shape: readonly number[] }[];
  /** Blob of each chunk: its rows' bytes, in order. */
  readonly chunks: readonly Hash[];
  readonly root: Hash;
  readonly source: string;
  readonly licence: string;
}
