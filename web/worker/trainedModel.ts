/** The trained weights on stock tfjs: to evaluate, to try, and to download. Exactness ends here, by choice. */
import { exportLayersModel } from '#engine/capture/exportLayersModel.ts';
import { exportSafetensors } from '#engine/capture/exportSafetensors.ts';
import { loadTfjs } from '#engine/capture/loadTfjs.ts';
import { loadTrained, weightsOfGlobal } from '#engine/capture/loadTrained.ts';
import type { DatasetManifest, Task } from '#swarm/protocol/jobSpec.ts';
import { columnElements, rowBytes } from '#swarm/protocol/parseDatasetManifest.ts';
import { decodeTensors } from '#swarm/training/globalState.ts';
import { decodeModelBlob } from './modelBlob.ts';

export interface Trained {
  classify(features: Float32Array): Promise<Float32Array>;
  continueText(prompt: string, length: number, onText: (piece: string) => void): Promise<void>;
  /** Share of right answers over a test dataset (places of a text count one by one); null where there are no classes. */
  accuracy(manifest: DatasetManifest, chunks: readonly Uint8Array[]): Promise<number | null>;
  dispose(): void;
}

/** Rows that are evaluated at once. */
const EVALUATION_BATCH = 256;

export async function openTrained(modelBlob: Uint8Array, globalState: Uint8Array, task: Task): Promise<Trained> {
  const tf = await loadTfjs();
  await tf.ready();
  const { topology, weights, sizes } = decodeModelBlob(modelBlob);
  const model = await loadTrained(tf, topology, weightsOfGlobal(weights, decodeTensors(globalState, sizes, 'trained state')));
  const inputShape = (model.inputs[0]?.shape ?? []).slice(1);
  const known = inputShape.reduce<number>((product, extent) => product * (extent ?? 1), 1);
  /** [rows, ...outputs] as flat numbers, with the size of one row's output. */
  const predict = async (rows: Float32Array, count: number, integers: boolean) => {
    const shape = inputShape.map((extent) => extent ?? rows.length / count / known);
    const given = tf.tensor(integers ? Int32Array.from(rows) : rows, [count, ...shape], integers ? 'int32' : 'float32');
    const output = model.predict(given) as ReturnType<typeof tf.tensor>;
    const values = (await output.data()) as Float32Array;
    tf.dispose([given, output]);
    return values;
  };
  return {
    classify: async (features) => {
      const values = await predict(features, 1, false);
      // One output for two classes is the probability of the second.
      return task.kind !== 'text' && task.classes.length === 2 && values.length === 1 ? Float32Array.of(1 - (values[0] as number), values[0] as number) : values;
    },
    continueText: (prompt, length, onText) => continueText(task, prompt, length, onText, (tokens) => predict(tokens, 1, true)),
    accuracy: (manifest, chunks) => evaluate(task, manifest, chunks, predict),
    dispose: () => model.dispose(),
  };
}

export async function exportTrained(modelBlob: Uint8Array, globalState: Uint8Array) {
  const { topology, weights, sizes } = decodeModelBlob(modelBlob);
  const named = weightsOfGlobal(weights, decodeTensors(globalState, sizes, 'trained state'));
  return { layersModel: exportLayersModel(topology, named), safetensors: exportSafetensors(named) };
}

type Predict = (rows: Float32Array, count: number, integers: boolean) => Promise<Float32Array>;

function largest(values: ArrayLike<number>, from: number, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k++) if ((values[from + k] as number) > (values[from + best] as number)) best = k;
  return best;
}

/** Greedy is dull: draws from the model's probabilities, a little sharpened. */
async function continueText(task: Task, prompt: string, length: number, onText: (piece: string) => void, predict: (tokens: Float32Array) => Promise<Float32Array>): Promise<void> {
  if (task.kind !== 'text') throw new Error('This model was not trained on text.');
  const characters = [...task.vocabulary];
  const place = new Map(characters.map((character, k) => [character, k]));
  const unknown = [...prompt].find((character) => !place.has(character));
  if (unknown !== undefined) throw new Error(`The text that this model learned from has no "${unknown}": leave it out of the beginning.`);
  const tokens = [...prompt].map((character) => place.get(character) as number);
  if (tokens.length === 0) tokens.push(place.get('\n') ?? 0);
  for (let written = 0; written < length; written++) {
    const seen = tokens.slice(-task.window);
    const window = new Float32Array(task.window);
    window.set(seen);
    const probabilities = await predict(window);
    // A model of one's own may know more characters than the text has.
    const at = (seen.length - 1) * (probabilities.length / task.window);
    const next = draw(probabilities.subarray(at, at + characters.length));
    tokens.push(next);
    onText(characters[next] as string);
  }
}

const SHARPNESS = 1.4;

function draw(probabilities: Float32Array): number {
  const weights = probabilities.map((p) => p ** SHARPNESS);
  let left = Math.random() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let k = 0; k < weights.length; k++) {
    left -= weights[k] as number;
    if (left <= 0) return k;
  }
  return weights.length - 1;
}

async function evaluate(task: Task, manifest: DatasetManifest, chunks: readonly Uint8Array[], predict: Predict): Promise<number | null> {
  const classes = task.kind === 'text' ? [...task.vocabulary].length : task.classes.length;
  if (classes === 0) return null;
  const rows = rowsOf(manifest, chunks);
  const width = task.kind === 'text' ? task.window : columnElements(manifest.columns[0]?.shape ?? []);
  let right = 0;
  let asked = 0;
  for (let start = 0; start < rows.length; start += EVALUATION_BATCH) {
    const batch = rows.slice(start, start + EVALUATION_BATCH);
    const given = new Float32Array(batch.length * width);
    batch.forEach(({ features }, k) => given.set(task.kind === 'text' ? features.subarray(0, width) : features, k * width));
    const output = await predict(given, batch.length, task.kind === 'text');
    const stride = output.length / batch.reduce((sum, { labels }) => sum + labels.length, 0);
    batch.forEach(({ labels }, k) => {
      labels.forEach((label, at) => {
        const answer = stride === 1 ? Math.round(output[k] as number) : largest(output, (k * labels.length + at) * stride, classes);
        asked++;
        if (answer === label) right++;
      });
    });
  }
  return asked === 0 ? null : right / asked;
}

interface Row {
  /** As the model takes them: pictures 0..1. */
  readonly features: Float32Array;
  readonly labels: readonly number[];
}

function rowsOf(manifest: DatasetManifest, chunks: readonly Uint8Array[]): Row[] {
  const bytes = rowBytes(manifest);
  return chunks.flatMap((chunk) => Array.from({ length: chunk.length / bytes }, (_, k) => readRow(manifest, chunk.subarray(k * bytes, (k + 1) * bytes))));
}

function readRow(manifest: DatasetManifest, row: Uint8Array): Row {
  let at = 0;
  const columns = manifest.columns.map(({ name, dtype, shape }) => {
    const count = columnElements(shape);
    const piece = row.slice(at, (at += dtype === 'u8' ? count : count * 4));
    const values = dtype === 'u8' ? piece : dtype === 'f32' ? new Float32Array(piece.buffer) : new Int32Array(piece.buffer);
    return { name, values };
  });
  const [first] = columns;
  if (first?.name === 'tokens') return { features: Float32Array.from(first.values), labels: [...first.values].slice(1) };
  const scale = first?.name === 'image' ? 1 / 255 : 1;
  return { features: Float32Array.from(first?.values ?? [], (value) => value * scale), labels: [...(columns.at(-1)?.values ?? [])] };
}
