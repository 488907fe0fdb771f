import { LayerNames } from './author/layerNames.ts';
import type { LayersModel } from './author/tfjs.ts';
import type { Feed, ModelLoss, ModelRequest } from './captureModel.ts';
import type { Column } from './captureStep.ts';

type Shape = readonly (number | null)[];

function words(rowShape: Shape): string {
  return `[${rowShape.join(', ')}]`;
}

/** Shape of one row as the model gets it: losses and layers want at least one element. */
export function rowShapeOf(feed: Feed, column: Pick<Column, 'shape'>): readonly number[] {
  if (feed.reshape) return feed.reshape;
  if (feed.range) return [feed.range.count];
  return column.shape.length === 0 ? [1] : column.shape;
}

function isSame(wanted: Shape, given: readonly number[]): boolean {
  return wanted.length === given.length && given.every((extent, dim) => wanted[dim] === null || wanted[dim] === extent);
}

function columnOf(request: ModelRequest, feed: Feed): Column {
  const column = request.columns.find(({ name }) => name === feed.column);
  if (!column) throw new Error(`there is no column "${feed.column}" in the data; it has ${request.columns.map(({ name }) => name).join(', ')}`);
  return column;
}

/** Layers as capture numbers them, for people. */
function layerNamesOf(model: LayersModel): LayerNames {
  const names = new LayerNames();
  for (const { name } of model.layers) names.of(name);
  return names;
}

/** One loss for each output, in order. Errors: an output without one, a loss without an output. */
export function lossesOf(model: LayersModel, loss: ModelRequest['loss'] | null | undefined): ModelLoss[] {
  const example = "for example 'meanSquaredError', or a function of (target, output)";
  if (loss === undefined || loss === null || loss === '') throw new Error(`the model has no loss to train by: give \`loss\`, ${example}`);
  const outputs = model.outputs.map(({ sourceLayer }) => sourceLayer.name);
  if (typeof loss !== 'object') return outputs.map(() => loss);
  if (Array.isArray(loss)) {
    if (loss.length !== outputs.length) throw new Error(`the model has ${outputs.length} outputs, ${loss.length} losses were given: give one for each output`);
    return [...(loss as ModelLoss[])];
  }
  const named = loss as Readonly<Record<string, ModelLoss>>;
  const unknown = Object.keys(named).find((name) => !outputs.includes(name));
  if (unknown !== undefined) throw new Error(`a loss is given for "${unknown}", but the model's outputs are ${outputs.join(', ')}`);
  return outputs.map((name) => {
    const own = named[name];
    if (!own) throw new Error(`output "${name}" of the model has no loss: give one for each output, ${example}`);
    return own;
  });
}

/** Whether the target has class numbers, one for each row of the output's last dimension. tfjs wants a last dimension of 1; without it they are the same numbers. */
function areClassNumbers(output: Shape, given: readonly number[]): boolean {
  const classes = output.slice(0, -1);
  return isSame(classes, given) || isSame([...classes, 1], given);
}

function requireTargetFits(model: LayersModel, request: ModelRequest, loss: ModelLoss, k: number): void {
  const feed = request.targets[k] as Feed;
  const given = rowShapeOf(feed, columnOf(request, feed));
  const output = model.outputs[k];
  const wanted = (output?.shape ?? []).slice(1);
  const name = layerNamesOf(model).of(output?.sourceLayer.name ?? '');
  const what = `output ${k + 1} of the model ("${name}") gives rows of ${words(wanted)}, its target, column "${feed.column}", has rows of ${words(given)}`;
  if (loss === 'sparseCategoricalCrossentropy') {
    if (!areClassNumbers(wanted, given)) throw new Error(`${what}: ${loss} takes class numbers, rows of ${words([...wanted.slice(0, -1), 1])}`);
    return;
  }
  if (!isSame(wanted, given)) throw new Error(`${what}: give targets of the output's shape (class numbers go with sparseCategoricalCrossentropy)`);
  if (loss === 'categoricalCrossentropy' && given[given.length - 1] === 1)
    throw new Error(`${what}: ${loss} takes a row of 0 and one 1 for each example; for one number of 0 or 1 take binaryCrossentropy`);
}

function requireInputFits(model: LayersModel, request: ModelRequest, feed: Feed, k: number): void {
  const [rows, ...wanted] = model.inputs[k]?.shape ?? [];
  const given = rowShapeOf(feed, columnOf(request, feed));
  if (!isSame(wanted, given)) throw new Error(`input ${k + 1} of the model takes rows of ${words(wanted)}, column "${feed.column}" gives ${words(given)}`);
  if (typeof rows === 'number' && rows !== request.batch) throw new Error(`input ${k + 1} of the model is made for batches of ${rows} rows, the batch has ${request.batch}`);
}

/** What tfjs's own trainOnBatch checks, before tfjs says so in its own words or broadcasts what does not fit. */
export function requireFeedsFit(request: ModelRequest): void {
  const { model, inputs, targets } = request;
  if (inputs.length !== model.inputs.length) throw new Error(`the model has ${model.inputs.length} inputs, ${inputs.length} were given`);
  if (targets.length !== model.outputs.length) throw new Error(`the model has ${model.outputs.length} outputs, ${targets.length} targets were given`);
  inputs.forEach((feed, k) => requireInputFits(model, request, feed, k));
  lossesOf(model, request.loss).forEach((loss, k) => requireTargetFits(model, request, loss, k));
}
