import type { Bits } from '#engine/program/executor.ts';
import type { Profile } from '#engine/program/program.ts';
import { withAuthoringBackend } from './author/authoringBackend.ts';
import { uniforms } from './author/philox.ts';
import { bitsOfNumbers } from './author/recordingBackend.ts';
import { withSeededWeightsAsync } from './author/seededModel.ts';
import type { LayersModel, Optimizer, Tensor, Tf, Variable } from './author/tfjs.ts';
import type { NamedSchedule, TrainingTools } from './author/trainingTools.ts';
import { trainingTools } from './author/trainingTools.ts';
import type { Feed, ModelLoss } from './captureModel.ts';
import { captureModel } from './captureModel.ts';
import type { CapturedStep, Column, Weight } from './captureStep.ts';
import { captureStep } from './captureStep.ts';

type Batch = Readonly<Record<string, Tensor | readonly Tensor[]>>;

/** What a file for `npm run -s capture` exports: a layers model with an example `{ xs, ys }`. */
export interface AuthoredModel {
  readonly model: LayersModel;
  readonly optimizer: Optimizer;
  readonly loss: ModelLoss | readonly ModelLoss[];
  readonly batch: { readonly xs: Tensor | readonly Tensor[]; readonly ys: Tensor | readonly Tensor[] };
}

/** ... or plain functions over variables. `step` gives the scalar loss; `train` instead does its own minimising. */
export interface AuthoredStep {
  readonly variables: readonly Variable[] | Readonly<Record<string, Variable>>;
  readonly batch: Batch;
  readonly optimizer?: Optimizer;
  readonly step?: (batch: Batch) => Tensor;
  readonly optimizers?: readonly Optimizer[];
  readonly train?: (batch: Batch) => Readonly<Record<string, Tensor>>;
}

export type Authored = AuthoredModel | AuthoredStep;

/** The default export of such a file. `tools` has what tfjs lacks (AdamW, clipping, schedules). */
export type Author = (tf: Tf, tools: TrainingTools) => Authored | Promise<Authored>;

export interface AuthoredCapture extends CapturedStep {
  /** The example batch, for trying the Program: bits by column name. */
  readonly example: Readonly<Record<string, Bits>>;
  /** Set for layers models. */
  readonly model: LayersModel | null;
}

/** Math.random as a fixed sequence while a model is authored, so that its first weights are the same each time. */
async function withFixedRandom<T>(seed: number, inside: () => Promise<T>): Promise<T> {
  const original = Math.random;
  let drawn = 0;
  Math.random = () => uniforms(seed, 0x80000000 + drawn++, 1)[0] ?? 0;
  try {
    return await inside();
  } finally {
    Math.random = original;
  }
}

/** Every tensor of the batch is a column; a list `xs` is `xs_0`, `xs_1`, ... */
function flatten(batch: Batch): [name: string, tensor: Tensor][] {
  return Object.entries(batch).flatMap(([name, value]): [string, Tensor][] =>
    'dataId' in value ? [[name, value]] : (value as readonly Tensor[]).map((tensor, k) => [`${name}_${k}`, tensor]),
  );
}

function rebuild(batch: Batch, tensors: Readonly<Record<string, Tensor>>): Batch {
  const tensor = (name: string): Tensor => {
    const found = tensors[name];
    if (!found) throw new Error(`the batch has no tensor ${name}`);
    return found;
  };
  return Object.fromEntries(Object.entries(batch).map(([name, value]) => [name, 'dataId' in value ? tensor(name) : value.map((_, k) => tensor(`${name}_${k}`))]));
}

function columnsOf(named: readonly (readonly [string, Tensor])[]): { columns: Column[]; batch: number } {
  const batch = named[0]?.[1].shape[0];
  if (batch === undefined) throw new Error('the example batch has no tensor with a first dimension: give at least one, rows first');
  const columns = named.map(([name, { shape, dtype }]): Column => {
    if (shape[0] !== batch) throw new Error(`batch.${name} has ${shape[0] ?? 'no'} rows, the others ${batch}: every tensor of the batch has one row an example`);
    return { name, dtype: dtype === 'float32' ? 'float32' : 'int32', shape: shape.slice(1) };
  });
  return { columns, batch };
}

function namedVariables(variables: AuthoredStep['variables']): Weight[] {
  const entries = Array.isArray(variables)
    ? (variables as Variable[]).map((variable, k) => [/^\d+$/.test(variable.name) ? `variable_${k}` : variable.name, variable] as const)
    : Object.entries(variables as Record<string, Variable>);
  return entries.map(([name, variable]) => ({ name, variable, isTrainable: variable.trainable }));
}

interface Choices {
  readonly profile: Profile;
  readonly schedules: readonly NamedSchedule[];
}

async function captureFunctions(tf: Tf, authored: AuthoredStep, choices: Choices): Promise<CapturedStep> {
  const { step, optimizer } = authored;
  const named = flatten(authored.batch);
  const weights = namedVariables(authored.variables);
  const trained = weights.filter((weight) => weight.isTrainable).map((weight) => weight.variable);
  if (!authored.train && !(step && optimizer)) throw new Error('export either { variables, optimizer, step, batch } or { variables, optimizers, train, batch }');
  const minimise = (batch: Batch): Readonly<Record<string, Tensor>> => ({
    loss: (optimizer as Optimizer).minimize(() => (step as (b: Batch) => Tensor)(batch) as never, true, trained) as Tensor,
  });
  return captureStep({
    tf,
    weights,
    optimizers: authored.optimizers ?? (optimizer ? [optimizer] : []),
    ...columnsOf(named),
    ...choices,
    train: (tensors) => (authored.train ?? minimise)(rebuild(authored.batch, tensors)),
  });
}

async function captureAuthoredModel(tf: Tf, authored: AuthoredModel, choices: Choices): Promise<CapturedStep> {
  const { model, optimizer, loss } = authored;
  const feeds = (part: 'xs' | 'ys'): Feed[] => flatten({ [part]: authored.batch[part] }).map(([column]) => ({ column }));
  const named = flatten({ xs: authored.batch.xs, ys: authored.batch.ys });
  return captureModel({ tf, model, optimizer, loss, ...columnsOf(named), inputs: feeds('xs'), targets: feeds('ys'), ...choices });
}

/** Runs `author` with first weights, and random numbers for variables, drawn from `seed`. */
export async function authorSeeded(tf: Tf, author: Author, seed: number): Promise<{ readonly authored: Authored; readonly schedules: readonly NamedSchedule[] }> {
  const tools = trainingTools(tf);
  const authored = await withFixedRandom(seed, () => withSeededWeightsAsync(tf, seed, async () => author(tf, tools)));
  return { authored, schedules: tools.schedules };
}

/** The example's tensors by column name. */
export function columnTensors(authored: Authored): [name: string, tensor: Tensor][] {
  return 'model' in authored ? flatten({ xs: authored.batch.xs, ys: authored.batch.ys }) : flatten(authored.batch);
}

/**
 * Captures what `author` makes with tfjs: the default export of a file given to `npm run -s capture`. First weights are
 * drawn from `seed`. Errors: what `captureStep` refuses, and batches whose tensors have different numbers of rows.
 */
export async function captureAuthored(tf: Tf, author: Author, options: { readonly seed?: number; readonly profile?: Profile } = {}): Promise<AuthoredCapture> {
  const { seed = 1, profile = 'f12' } = options;
  return withAuthoringBackend(tf, async () => {
    const { authored, schedules } = await authorSeeded(tf, author, seed);
    const choices = { profile, schedules };
    const captured = 'model' in authored ? await captureAuthoredModel(tf, authored, choices) : await captureFunctions(tf, authored, choices);
    const example = Object.fromEntries(await Promise.all(columnTensors(authored).map(async ([name, tensor]) => [name, bitsOfNumbers(await tensor.data(), tensor.dtype)] as const)));
    return { ...captured, example, model: 'model' in authored ? authored.model : null };
  });
}
