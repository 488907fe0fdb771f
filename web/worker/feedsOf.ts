/** How a dataset's columns enter a requestor's own model: pictures scaled to 0..1, everything else as it is. */
import type { Feed } from '#engine/capture/captureModel.ts';
import type { Column } from '#engine/capture/captureStep.ts';
import type { ReadData } from '#web/data/readDataset.ts';

export interface Feeds {
  readonly columns: readonly Column[];
  readonly inputs: readonly Feed[];
  readonly targets: readonly Feed[];
}

/** The last column is the target. Errors: a loss that the target cannot serve. */
export function feedsOf(data: ReadData, loss: string): Feeds {
  const classes = 'classes' in data.task && data.task.classes.length > 0;
  const columns = data.train.map((column): Column => ({ name: column.name, shape: column.shape, dtype: columnType(column.name, column.data) }));
  if (data.task.kind === 'text') {
    const { window } = data.task;
    return {
      columns,
      inputs: [{ column: 'tokens', range: { start: 0, count: window } }],
      targets: [{ column: 'tokens', range: { start: 1, count: window }, reshape: [window, 1] }],
    };
  }
  if (classes && loss === 'meanSquaredError') throw new Error('The data has classes: choose a cross-entropy loss, or a number column as the target.');
  if (!classes && loss !== 'meanSquaredError') throw new Error('The target column holds numbers, not classes: choose the mean squared error loss.');
  const target = columns.at(-1)?.name ?? '';
  const scale = data.task.kind === 'digits' || data.task.kind === 'images' ? { scale: 1 / 255 } : {};
  return { columns, inputs: columns.slice(0, -1).map(({ name }) => ({ column: name, ...scale })), targets: [{ column: target }] };
}

/** Labels and tokens are integers; pictures enter as f32 although they are stored as bytes. */
function columnType(name: string, data: Uint8Array | Float32Array | Int32Array): Column['dtype'] {
  if (data instanceof Float32Array || name === 'image') return 'float32';
  return 'int32';
}
