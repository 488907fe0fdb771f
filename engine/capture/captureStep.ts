import type { Profile, Program } from '#engine/program/program.ts';
import { LayerNames } from './author/layerNames.ts';
import { recordingBackendOf } from './author/recordingBackend.ts';
import { differenceOf } from './author/differenceOf.ts';
import { type Distribution, distributionsOf } from './author/randomDraws.ts';
import type { Recorded } from './author/recordStep.ts';
import { recordStep, type Turn, VariableBook } from './author/recordStep.ts';
import type { Optimizer, Tensor, Tf, Variable } from './author/tfjs.ts';
import { buildProgram } from './buildProgram.ts';

/** One column of the dataset as the step sees it: u8 pictures as float32 holding 0..255, labels and tokens as int32. */
export interface Column {
  readonly name: string;
  readonly dtype: 'float32' | 'int32';
  /** Of one row, without the batch. */
  readonly shape: readonly number[];
}

/** A weight of the model, in the order that the trained model lists them. */
export interface Weight {
  /** `dense_1/kernel`. */
  readonly name: string;
  /** As the model's own files call it, where that differs (`dense_Dense7/kernel`). */
  readonly modelName?: string;
  readonly variable: Variable;
  readonly isTrainable: boolean;
}

export interface StepRequest {
  readonly tf: Tf;
  readonly weights: readonly Weight[];
  /** One training step, minimising included: returns the scalars to read back, loss first. Runs a few times, and never on numbers. */
  readonly train: (columns: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>;
  /** Whose slots are named after the weights they belong to. */
  readonly optimizers: readonly Optimizer[];
  /** Optimizers whose learning rate is an input of the Program (a table by global step in the job), by its name. */
  readonly schedules?: readonly { readonly name: string; readonly optimizer: Optimizer }[];
  readonly columns: readonly Column[];
  /** Names of float32 scalars that `train` gets beside the columns: schedules, as learning rates are. */
  readonly scalars?: readonly string[];
  readonly batch: number;
  readonly profile?: Profile;
  readonly layerNames?: LayerNames;
  /** Label of operations outside of any layer; `step` by default. */
  readonly scope?: string;
}

export interface CapturedState {
  readonly name: string;
  readonly role: 'trained' | 'averaged' | 'local';
  readonly shape: readonly number[];
  /** Bits, in the order of `program.state`. */
  readonly initial: Uint32Array;
}

export interface CapturedStep {
  readonly program: Program;
  /** One for each of `program.state`. */
  readonly state: readonly CapturedState[];
  /** For each weight of the model, in the model's order. */
  readonly weightOrder: readonly WeightPlace[];
  /** Of each random tensor that the step draws: draw k has the Philox stream k (SPEC N7). */
  readonly draws: readonly Distribution[];
}

/** Where a weight of the model is, for evaluating and downloading. Plain data: it travels with the topology. */
export interface WeightPlace {
  /** As the model's files call it. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Position in `program.state`. */
  readonly state: number;
  /** Position among the tensors of a global state (SPEC H4: trained and averaged ones, in Program order). */
  readonly global: number;
}

/**
 * Runs `train` on a backend that records and computes nothing, and lowers what tfjs did to a Program.
 * The caller's variables have their values again afterwards. Errors name the kernel and the layer.
 */
export async function captureStep(request: StepRequest): Promise<CapturedStep> {
  const { tf } = request;
  const backend = recordingBackendOf(tf);
  const before = tf.getBackend();
  await tf.setBackend('tutti-recorder');
  const layers = request.layerNames ?? new LayerNames();
  const book = new VariableBook(tf, backend, request.weights, request.optimizers);
  let recorded: Settled;
  try {
    recorded = recordSettled(request, (turn) => recordStep(request, backend, book, layers, turn));
  } finally {
    backend.recording = null;
    await tf.setBackend(before);
    book.restore();
  }
  return buildProgram(request, recorded.step, recorded.distributions);
}

interface Settled {
  readonly step: Recorded;
  readonly distributions: readonly Distribution[];
}

/** Enough for slots that the first run makes, and for first random values in it. */
const MOST_RUNS = 5;

/** The first run makes the optimizer's slots; each later one is the step as it is from then on, or else it does not settle. */
function recordSettled({ tf }: StepRequest, record: (turn: Turn) => Recorded): Settled {
  let before = record({ number: 0, distributions: null });
  let distributions: Distribution[] | null = null;
  let difference: string | null = null;
  for (let number = 1; number < MOST_RUNS; number++) {
    const step = record({ number, distributions });
    difference = differenceOf(before, step);
    if (difference === null && (distributions ?? []).length === step.draws.list.length) return { step, distributions: distributions ?? [] };
    distributions = distributionsOf(tf, before.draws, step.draws);
    before = step;
  }
  throw new Error(
    `the step does not do the same each time it runs (${difference ?? 'its random numbers'}). A Program is one step for all time, with no JavaScript in it: a number that changes from step to step is a scalar of the batch (a schedule), or a tf.variable that the step assigns`,
  );
}
