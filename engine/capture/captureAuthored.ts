import type { Bits } from '#engine/program/executor.ts';
import type { Profile } from '#engine/program/program.ts';
import { withAuthoringBackend } from './author/authoringBackend.ts';
import { LayerNames } from './author/layerNames.ts';
import { nameLayerErrors } from './author/layerErrors.ts';
import { uniforms } from './author/philox.ts';
import { requireExport } from './authoredExport.ts';
import { bitsOfNumbers } from './author/recordingBackend.ts';
import { withSeededWeightsAsync } from './author/seededModel.ts';
import type { LayersModel, Optimizer, Tensor, Tf, Variable } from './author/tfjs.ts';
import type { NamedSchedule, TrainingTools } from './author/trainingTools.ts';
import { trainingTools } from './author/trainingTools.ts';
import type { Feed, ModelLoss } from './captureModel.ts';
import { captureModel } from './captureModel.ts';
import type { CapturedStep, Column, Weight } from './captureStep.ts';
import { captureStep } from './captureStep.ts';
import { refuseUnlisted } from './unlistedVariables.ts';

/** Tensors by name, in lists, or in nested ones of either: an example of what a step gets. */
type Batch = { readonly [name: string]: Batch | Tensor } | readonly (Batch | Tensor)[];

/** What a file for `npm run -s capture` exports: a layers model with an example `{ xs, ys }`. */
export interface AuthoredModel {
  readonly model: LayersModel;
  /** An optimizer, or tfjs's name of one. */
  readonly optimizer: Optimizer | string;
  readonly loss: ModelLoss | readonly ModelLoss[] | Readonly<Record<string, ModelLoss>>;
  /** A tensor each, a list in the order of the model's inputs and outputs, or tensors by their names. */
  readonly batch: { readonly xs: Batch | Tensor; readonly ys: Batch | Tensor };
}

/**
 * ... or plain functions over variables. With one optimizer, `step` gives the scalar loss, which is minimised; with
 * several, or none, `step` does its own minimising and gives the loss. `train` does that too, and gives several scalars.
 * A scalar of the batch is a schedule: a table by step in the job.
 */
export interface AuthoredStep {
  readonly variables: Variables;
  readonly batch: Batch;
  readonly optimizer?: Optimizer | readonly Optimizer[] | Readonly<Record<string, Optimizer>> | null;
  readonly step?: (batch: never) => Tensor;
  readonly optimizers?: readonly Optimizer[];
  readonly train?: (batch: never) => Readonly<Record<string, Tensor>>;
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

function isTensor(value: Batch | Tensor): value is Tensor {
  return 'dataId' in value;
}

/** Every tensor of the batch by its path: those of a list `xs` are `xs_0`, `xs_1`, ... */
function flatten(batch: Batch | Tensor, path = ''): [name: string, tensor: Tensor][] {
  if (isTensor(batch)) return [[path || 'batch', batch]];
  return Object.entries(batch).flatMap(([name, value]) => flatten(value, path ? `${path}_${name}` : name));
}

function rebuild(batch: Batch | Tensor, tensors: Readonly<Record<string, Tensor>>, path = ''): Batch | Tensor {
  if (isTensor(batch)) {
    const tensor = tensors[path || 'batch'];
    if (!tensor) throw new Error(`the batch has no tensor ${path}`);
    return tensor;
  }
  const parts = Object.entries(batch).map(([name, value]) => [name, rebuild(value, tensors, path ? `${path}_${name}` : name)] as const);
  return Array.isArray(batch) ? parts.map(([, value]) => value) : Object.fromEntries(parts);
}

interface Rows {
  readonly columns: Column[];
  readonly batch: number;
  /** Names of the batch's scalars. */
  readonly scalars: string[];
}

function rowsOf(named: readonly (readonly [string, Tensor])[]): Rows {
  const batch = named.find(([, { shape }]) => shape.length > 0)?.[1].shape[0];
  if (batch === undefined) throw new Error('the example batch has no tensor with a first dimension: give at least one, rows first');
  const columns: Column[] = [];
  const scalars: string[] = [];
  for (const [name, { shape, dtype }] of named) {
    if (shape.length === 0) {
      if (dtype !== 'float32') throw new Error(`batch.${name} is a scalar of ${dtype}: scalars are schedules, and those are float32`);
      scalars.push(name);
      continue;
    }
    if (shape[0] !== batch) throw new Error(`batch.${name} has ${shape[0]} rows, the others ${batch}: every tensor of the batch has one row an example`);
    columns.push({ name, dtype: dtype === 'float32' ? 'float32' : 'int32', shape: shape.slice(1) });
  }
  return { columns, batch, scalars };
}

/** A layers model's weight, as `model.trainableWeights` lists them. */
interface LayerWeight {
  readonly name: string;
  read(): Tensor;
}

type Variables = readonly (Variable | LayerWeight)[] | Readonly<Record<string, Variable | LayerWeight>>;

function variableOf(given: Variable | LayerWeight): Variable {
  return 'read' in given ? (given.read() as Variable) : given;
}

function namedVariables(variables: Variables, layers = new LayerNames()): Weight[] {
  const entries = Array.isArray(variables)
    ? (variables as (Variable | LayerWeight)[]).map((given, k) => [/^\d+$/.test(given.name) ? `variable_${k}` : given.name, variableOf(given)] as const)
    : Object.entries(variables as Record<string, Variable | LayerWeight>).map(([name, given]) => [name, variableOf(given)] as const);
  return entries.map(([name, variable]) => ({ name: layers.ofWeight(name), variable, isTrainable: variable.trainable }));
}

interface Choices {
  readonly profile: Profile;
  readonly schedules: readonly NamedSchedule[];
}

function isOptimizer(value: NonNullable<AuthoredStep['optimizer']>): value is Optimizer {
  return typeof (value as Partial<Optimizer>).minimize === 'function';
}

function optimizersOf({ optimizers, optimizer }: AuthoredStep): readonly Optimizer[] {
  if (optimizers) return optimizers;
  if (!optimizer) return [];
  return isOptimizer(optimizer) ? [optimizer] : Object.values(optimizer);
}

function trainedOf(authored: AuthoredStep): Variable[] {
  return namedVariables(authored.variables).flatMap(({ variable, isTrainable }) => (isTrainable ? [variable] : []));
}

function requireAtOnce(name: string, given: unknown): void {
  if (!(given instanceof Promise)) return;
  // Refused here; what its promise says later is of no use.
  given.catch(() => undefined);
  throw new Error(`${name} is an async function: a step is recorded as it runs and must give its loss at once, without await`);
}

/** What `train` gives, as scalars by name. */
function requireScalars(given: unknown): Readonly<Record<string, Tensor>> {
  requireAtOnce('train', given);
  if (typeof given !== 'object' || given === null || 'dataId' in given || Object.keys(given).length === 0)
    throw new Error('train gives no scalars by name: have it return { loss } and, perhaps, others');
  return given as Readonly<Record<string, Tensor>>;
}

/** What a step gives, as its loss. */
function requireLoss(given: unknown): Tensor {
  requireAtOnce('step', given);
  if (typeof given !== 'object' || given === null || !('dataId' in given)) throw new Error(`step gives ${typeof given}, not a tensor: have it return the scalar loss`);
  const { shape } = given as Tensor;
  if (shape.length > 0) throw new Error(`step gives a tensor [${shape.join(', ')}]: the loss is a scalar, take its tf.mean or tf.sum`);
  return given as Tensor;
}

/** One training step of plain functions: minimises what `step` gives with the one optimizer, or lets the author do it. */
export function minimisingStep(authored: AuthoredStep): (batch: Batch | Tensor) => Readonly<Record<string, Tensor>> {
  const { step, optimizer, train } = authored;
  if (train) return (batch) => requireScalars((train as (batch: Batch | Tensor) => unknown)(batch));
  if (!step) throw new Error('export { variables, optimizer, step, batch }, where step(batch) gives the scalar loss');
  const compute = (batch: Batch | Tensor) => requireLoss((step as (batch: Batch | Tensor) => unknown)(batch));
  if (!optimizer || !isOptimizer(optimizer)) return (batch) => ({ loss: compute(batch) });
  const trained = trainedOf(authored);
  return (batch) => ({ loss: optimizer.minimize(() => compute(batch) as never, true, trained) as Tensor });
}

/** `step` of an authored step with one optimizer, refusing trainable variables that it does not list. */
function listing(tf: Tf, authored: AuthoredStep): AuthoredStep {
  const { step, optimizer } = authored;
  if (!step || !optimizer || !isOptimizer(optimizer)) return authored;
  const listed = trainedOf(authored);
  if (listed.length === 0) throw new Error('none of `variables` is trainable: make what the step trains with tf.variable(x), or set layer.trainable = true');
  return { ...authored, step: (batch) => refuseUnlisted(tf, listed, () => step(batch)) };
}

async function captureFunctions(tf: Tf, authored: AuthoredStep, choices: Choices): Promise<CapturedStep> {
  const run = minimisingStep(listing(tf, authored));
  const layerNames = new LayerNames();
  return captureStep({
    tf,
    layerNames,
    weights: namedVariables(authored.variables, layerNames),
    optimizers: optimizersOf(authored),
    ...rowsOf(flatten(authored.batch)),
    ...choices,
    train: (tensors) => run(rebuild(authored.batch, tensors)),
  });
}

/** `xs` or `ys` in the order of the model's inputs or outputs. */
function ordered(given: Batch | Tensor, names: readonly string[]): Batch | Tensor {
  if (isTensor(given) || Array.isArray(given)) return given;
  const named = given as Readonly<Record<string, Batch | Tensor>>;
  return names.map((name) => {
    const tensor = named[name];
    if (!tensor) throw new Error(`the model calls a tensor of the batch "${name}"; given are ${Object.keys(named).join(', ')}`);
    return tensor;
  });
}

function modelBatch({ model, batch }: AuthoredModel): { readonly xs: Batch | Tensor; readonly ys: Batch | Tensor } {
  // Names of layers: a sequential model has no `inputNames` yet.
  const names = (ends: typeof model.inputs) => ends.map(({ sourceLayer }) => sourceLayer.name);
  return { xs: ordered(batch.xs, names(model.inputs)), ys: ordered(batch.ys, names(model.outputs)) };
}

async function captureAuthoredModel(tf: Tf, authored: AuthoredModel, choices: Choices): Promise<CapturedStep> {
  const { model, optimizer, loss } = authored;
  const batch = modelBatch(authored);
  const feeds = (part: 'xs' | 'ys'): Feed[] => flatten({ [part]: batch[part] }).map(([column]) => ({ column }));
  const { columns, batch: rows, scalars } = rowsOf(flatten(batch));
  if (scalars.length > 0) throw new Error(`batch.${scalars.join(', batch.')} has no rows: a layers model is fed with one row an example`);
  return captureModel({ tf, model, optimizer, loss, columns, batch: rows, inputs: feeds('xs'), targets: feeds('ys'), ...choices });
}

/** Runs `author` with first weights, and random numbers for variables, drawn from `seed`. */
export async function authorSeeded(tf: Tf, author: Author, seed: number): Promise<{ readonly authored: Authored; readonly schedules: readonly NamedSchedule[] }> {
  const tools = trainingTools(tf);
  const undo = nameLayerErrors(tf);
  try {
    const authored: unknown = await withFixedRandom(seed, () => withSeededWeightsAsync(tf, seed, async () => author(tf, tools)));
    requireExport(authored);
    return { authored, schedules: tools.schedules };
  } finally {
    undo();
  }
}

/** The example's tensors by column name. */
export function columnTensors(authored: Authored): [name: string, tensor: Tensor][] {
  return flatten('model' in authored ? modelBatch(authored) : authored.batch);
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
