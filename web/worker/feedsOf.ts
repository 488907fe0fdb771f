/** How a dataset's columns enter a requestor's own model: pictures scaled to 0..1, everything else as it is. */
import type { Feed } from '#engine/capture/captureModel.ts';
import type { Column } from '#engine/capture/captureStep.ts';
import type { ModelShapes, Shape } from '#engine/capture/modelShapes.ts';
import type { ReadData } from '#web/data/readDataset.ts';

export interface Feeds {
  readonly columns: readonly Column[];
  readonly inputs: readonly Feed[];
  readonly targets: readonly Feed[];
  /** As tfjs names it. */
  readonly loss: string;
}

/** The last column is the target. Errors: rows that the model does not take, a loss or a last layer that the target cannot serve. */
export function feedsOf(data: ReadData, loss: string, shapes: ModelShapes): Feeds {
  const input = shapes.inputs[0] ?? [];
  const output = shapes.outputs[0] ?? [];
  const columns = data.train.map((column): Column => ({ name: column.name, shape: column.shape, dtype: columnType(column.name, column.data) }));
  const exactLoss = requireTarget(data, loss, output);
  if (data.task.kind === 'text') {
    const { window } = data.task;
    return {
      columns,
      inputs: [{ column: 'tokens', range: { start: 0, count: window } }],
      targets: [{ column: 'tokens', range: { start: 1, count: window }, reshape: [window, 1] }],
      loss: exactLoss,
    };
  }
  const [first, target] = [columns[0], columns.at(-1)];
  if (!first || !target) throw new Error('The data has no columns.');
  const scale = data.task.kind === 'digits' || data.task.kind === 'images' ? { scale: 1 / 255 } : {};
  return { columns, inputs: [{ column: first.name, ...scale, ...reshaped(input, first.shape, data) }], targets: [{ column: target.name }], loss: exactLoss };
}

const describe = (shape: Shape) => (shape.length === 0 ? 'one number' : shape.map((extent) => extent ?? 'any').join(' x '));
const sizeOf = (shape: Shape) => shape.reduce<number>((product, extent) => product * (extent ?? 1), 1);

/** A row in the model's shape, where it holds as many numbers. */
function reshaped(input: Shape, row: readonly number[], data: ReadData): Pick<Feed, 'reshape'> {
  if (input.length === row.length && row.every((extent, k) => input[k] === null || input[k] === extent)) return {};
  if (!input.includes(null) && sizeOf(input) === sizeOf(row)) return { reshape: input as readonly number[] };
  const what =
    data.task.kind === 'table' ? `the table has ${row[0]} columns beside the one to predict (${data.task.features.slice(0, 8).join(', ')})` : `the data gives ${describe(row)}`;
  throw new Error(`The model takes rows of ${describe(input)}, ${what}. Change the model's input shape, or choose other data.`);
}

/** The loss under the name that serves class numbers. */
function requireTarget(data: ReadData, loss: string, output: Shape): string {
  const { task } = data;
  const classes = task.kind === 'text' ? [...task.vocabulary] : task.classes;
  const last = output.at(-1) ?? 1;
  if (classes.length === 0) {
    if (loss !== 'meanSquaredError') throw new Error('The target column holds numbers, not classes: choose the mean squared error loss.');
    if (sizeOf(output) !== 1) throw new Error(`One number is to be predicted, but the model's last layer gives ${describe(output)}. Give it one unit.`);
    return loss;
  }
  const what =
    task.kind === 'text'
      ? `The text has ${classes.length} different characters`
      : `The data has ${classes.length} classes (${classes.slice(0, 6).join(', ')}${classes.length > 6 ? ', ...' : ''})`;
  if (loss === 'meanSquaredError') throw new Error(`${what}: choose a cross-entropy loss, or a number column as the target.`);
  if (loss === 'binaryCrossentropy') {
    if (classes.length !== 2) throw new Error(`${what}; binary cross-entropy is for two. Choose the sparse categorical cross-entropy loss.`);
    if (sizeOf(output) !== 1)
      throw new Error(
        `Binary cross-entropy needs one output, the model's last layer gives ${describe(output)}. Give it one unit with a sigmoid, or choose the sparse categorical cross-entropy loss.`,
      );
    return loss;
  }
  if (last < classes.length) throw new Error(`${what}, but the model's last layer gives ${describe(output)}. Give it ${classes.length} units with a softmax.`);
  const positions = task.kind === 'text' ? 2 : 1;
  if (output.length !== positions)
    throw new Error(
      task.kind === 'text'
        ? `For a text the model has to give probabilities for every place, ${task.window} x ${classes.length}; it gives ${describe(output)}.`
        : `For classes the model has to give one row of ${classes.length} probabilities; it gives ${describe(output)}. Flatten it before the last layer.`,
    );
  // The data holds class numbers, which the sparse form takes; it is the same loss.
  return 'sparseCategoricalCrossentropy';
}

/** Labels and tokens are integers; pictures enter as f32 although they are stored as bytes. */
function columnType(name: string, data: Uint8Array | Float32Array | Int32Array): Column['dtype'] {
  if (data instanceof Float32Array || name === 'image') return 'float32';
  return 'int32';
}
