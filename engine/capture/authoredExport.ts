import type { Authored, AuthoredModel, AuthoredStep } from './captureAuthored.ts';

const MODEL = '{ model, optimizer, loss, batch: { xs, ys } }';
const STEP = '{ variables, optimizer, batch, step }, or { variables, optimizers, batch, train }';

/** What each form may export. Records, so that the compiler sees a key that is missing here. */
const MODEL_KEYS: Readonly<Record<keyof AuthoredModel, true>> = { model: true, optimizer: true, loss: true, batch: true };
const STEP_KEYS: Readonly<Record<keyof AuthoredStep, true>> = { variables: true, batch: true, optimizer: true, step: true, optimizers: true, train: true };

/** Keys that people know from elsewhere, and what there is in their place. */
const INSTEAD: Readonly<Record<string, string>> = {
  lossWeights: "tfjs-layers has no loss weights: multiply inside a loss function, loss: [(y, p) => tf.mul(0.1, tf.losses.meanSquaredError(y, p)), 'meanSquaredError']",
  metrics: 'a Program gives the loss, and the accuracy where the loss is a cross-entropy; leave metrics out',
};

type Exported = Readonly<Record<string, unknown>>;

function isFilled(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function requireKnownKeys(exported: Exported, known: object, form: string): void {
  const unknown = Object.keys(exported).find((key) => !(key in known));
  if (unknown === undefined) return;
  throw new Error(`the export has a key "${unknown}" that capture does not know: ${INSTEAD[unknown] ?? `export ${form}`}`);
}

/** A batch from JavaScript may hold anything. */
function requireTensors(value: unknown, path: string): void {
  const isNumbers = ArrayBuffer.isView(value) || (Array.isArray(value) && value.some((part) => typeof part === 'number' || Array.isArray(part)));
  if (isNumbers) throw new Error(`${path} is a JavaScript array of numbers: give a tensor, tf.tensor(values), one row an example`);
  if (!isFilled(value)) throw new Error(`${path} is ${value === null ? 'null' : `a ${typeof value}`}: a batch holds tensors, in lists or by name`);
  if ('dataId' in value) return;
  for (const [name, part] of Object.entries(value)) requireTensors(part, `${path}.${name}`);
}

function requireModel(exported: Exported): void {
  requireKnownKeys(exported, MODEL_KEYS, MODEL);
  const { model, optimizer, batch } = exported;
  if (!isFilled(model) || typeof (model as Partial<AuthoredModel['model']>).compile !== 'function')
    throw new Error('the exported model is no layers model: make it with tf.sequential or tf.model, or load it with tf.loadLayersModel');
  if (!optimizer) throw new Error("the export has no optimizer: add one, optimizer: tf.train.adam(0.001), or tfjs's name of one, optimizer: 'adam'");
  const { xs, ys } = isFilled(batch) ? (batch as Exported) : {};
  if (!xs || !ys) throw new Error('the export has no example batch to train on: add batch: { xs, ys } with tensors, one row an example');
  requireTensors(batch, 'batch');
}

/** A tfjs variable, or a weight of a layers model. */
function isVariable(value: unknown): boolean {
  return isFilled(value) && ('read' in value || ('assign' in value && 'dataId' in value));
}

function requireVariables(variables: unknown): void {
  if (!isFilled(variables)) throw new Error('the export has no variables: name what the step trains, variables: { kernel, bias }, or model.weights of a layers model');
  for (const [name, value] of Object.entries(variables)) {
    if (isVariable(value)) continue;
    const what = isFilled(value)
      ? 'dataId' in value
        ? 'a tensor: make it with tf.variable'
        : 'a list or object: give all variables side by side, { encoderKernel, decoderKernel }'
      : typeof value;
    throw new Error(`variables.${name} is no tfjs variable but ${what}`);
  }
}

function requireStep(exported: Exported): void {
  requireKnownKeys(exported, STEP_KEYS, STEP);
  const { step, train, batch } = exported;
  if (typeof step !== 'function' && typeof train !== 'function') throw new Error(`the export has neither a model nor a step: export ${MODEL}, or ${STEP}`);
  requireVariables(exported.variables);
  if (!isFilled(batch)) throw new Error('the export has no example batch: add batch: { x, y } with tensors, one row an example; the step gets tensors of these shapes');
  requireTensors(batch, 'batch');
}

/** Says what an export lacks, or has too much, before anything is made of it. */
export function requireExport(exported: unknown): asserts exported is Authored {
  if (!isFilled(exported)) throw new Error(`the default export gives ${exported === null ? 'null' : typeof exported}: have it return ${MODEL}, or ${STEP}`);
  if ('model' in exported) requireModel(exported as Exported);
  else requireStep(exported as Exported);
}
